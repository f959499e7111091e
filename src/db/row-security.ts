import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Transaction } from './client.ts';

/** Whose customers a transaction may read. A Viewer is one. */
export type ReadScope = {
  /** Codes of brands; `*` = all there are. None = nobody. */
  readonly brands: '*' | readonly string[];
  /** Codes of points of sale, in each of the brands; null = all. None = nobody. */
  readonly posCodes: readonly string[] | null;
};

/** Reads a scope that was stored. @throws when it is none: nothing may be read then. */
export function parseReadScope(stored: unknown): ReadScope {
  return readScope.parse(stored);
}

const codes = z.array(z.string());
const readScope = z.strictObject({ brands: z.union([z.literal('*'), codes]), posCodes: codes.nullable() });

/**
 * The statement that narrows the rest of its transaction to `scope`, whatever the queries that follow ask for: the
 * database drops all other customers and their lines by row-level security (migrations/0004_row_security.sql). It is
 * the second line; the first is the WHERE of each query. It guards against mistakes in our own SQL, not against
 * foreign SQL, which could set other settings.
 *
 * Afterwards the transaction reads customers, what is theirs and what filter forms offer, and nothing else: it writes
 * nothing, and neither exports nor audit nor settings exist for it. Outside a transaction the statement has no effect.
 * It is a query: `set transaction snapshot` goes before it.
 */
export function restriction({ brands, posCodes }: ReadScope): SQL {
  const readable = brands === '*' ? sql`array(select code from brands)` : textArray(brands);
  return sql`select
    set_config('customer_export.brands', ${readable}::text, true),
    set_config('customer_export.pos_codes', ${posCodes === null ? sql`'all'` : allOr(readable, posCodes)}, true),
    set_config('role', 'customer_export_reader', true)`;
}

/** Runs `restriction` as the first statement of a Drizzle transaction. */
export async function restrictReads(tx: Transaction, scope: ReadScope): Promise<void> {
  await tx.execute(restriction(scope));
}

/** A list of all the points of sale that the brands have is no restriction, and `all` is quicker than looking at each. */
function allOr(brands: SQL, posCodes: readonly string[]): SQL {
  return sql`case
    when exists (select from points_of_sale where brand = any(${brands}) and pos_code <> all(${textArray(posCodes)}))
      or not exists (select from points_of_sale where brand = any(${brands}))
    then ${textArray(posCodes)}::text
    else 'all' end`;
}

function textArray(values: readonly string[]): SQL {
  return sql`${sql.param([...values])}::text[]`;
}
