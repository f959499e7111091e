import { sql } from 'drizzle-orm';
import type { Database } from '../../../src/db/client.ts';
import { addCustomers } from '../../support/customers.ts';
import { addLedger, countMembers, findTornGroups } from '../rounds/ledger.ts';

/** Six brands: customers that stay as they are, of ids that are known, beside those of a ledger. */
export const brands = ['alba', 'brera', 'corso', 'dante', 'etna', 'foro'] as const;

const ID_SPAN = 20_000;
const PLAIN = 400;
/** The last brand's file needs more than one part of an upload. */
const PLAIN_OF_LAST = 8_000;

/** The customers of a brand that stay, from the first id to the last one. */
function plainOf(brand: string): { readonly first: number; readonly count: number } {
  const at = placeOf(brand);
  return { first: 200_000 + at * ID_SPAN, count: brand === brands.at(-1) ? PLAIN_OF_LAST : PLAIN };
}

export async function addMaisons(db: Database): Promise<void> {
  for (const brand of brands) {
    await db.execute(sql`insert into brands values (${brand}, ${brand})`);
    await db.execute(sql`insert into points_of_sale values (${brand}, 'P1', 'One'), (${brand}, 'P2', 'Two')`);
    const { first, count } = plainOf(brand);
    await addCustomers(db, { count, brand, firstId: first, nameLength: 1_000 });
  }
  await addLedger(db, brands);
}

/** How many lines a brand's file has, whenever it is written. */
export function countOf(brand: string): number {
  return plainOf(brand).count + countMembers(placeOf(brand), brands.length);
}

/** What in a brand's file is not of one point in time, in words. */
export function findTears(bytes: Buffer, compression: string, brand: string): string[] {
  return findTornGroups(bytes, compression, placeOf(brand), brands.length);
}

function placeOf(brand: string): number {
  return brands.map(String).indexOf(brand);
}
