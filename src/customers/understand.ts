import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Transaction } from '../db/client.ts';
import type { Problem } from '../errors.ts';
import { findUnknown, type Sight } from './filter/unknown.ts';
import { type CustomerFilter, type CustomerFilterInput, parseCustomerFilter } from './filter.ts';

/** A filter that is well-formed and names only what exists for the caller, or everything that is wrong with it. */
export type Understood =
  | { readonly filter: CustomerFilter; readonly problems: readonly [] }
  | { readonly filter: null; readonly problems: readonly Problem[] };

export async function understandFilter(
  db: Database | Transaction,
  input: CustomerFilterInput,
  sees: Sight,
): Promise<Understood> {
  // The longest lists keep the event loop busy for a while here, as they did on their way: others have a turn in between.
  await delay(0);
  const parsed = parseCustomerFilter(input);
  const unknown = await findUnknown(db, input, sees);
  if ('filter' in parsed && unknown.length === 0) return { filter: parsed.filter, problems: [] };
  return { filter: null, problems: [...('problems' in parsed ? parsed.problems : []), ...unknown] };
}
