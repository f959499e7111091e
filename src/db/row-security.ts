import { type SQL, sql } from 'drizzle-orm';
import type { Transaction } from './client.ts';

/** Whose customers a transaction may read. */
export type ReadScope = {
  /** Codes of brands; `*` = all. None = nobody. */
  readonly brands: '*' | readonly string[];
  /** Codes of points of sale, in each of the brands; null = all. */
  readonly posCodes: readonly string[] | null;
};

/**
 * The statement that narrows the rest of its transaction to `scope`, whatever the queries that follow ask for: the
 * database itself drops all other customers (row-level security, migrations/0003_row_security.sql). It is the second
 * line; the first is the WHERE of each query.
 *
 * Afterwards the transaction reads customers, what belongs to them and the dictionaries, and nothing else: it writes
 * nothing, and neither exports nor audit nor settings exist for it. Outside a transaction the statement has no effect.
 * With `set transaction snapshot` it must come second.
 */
export function restriction({ brands, posCodes }: ReadScope): SQL {
  const brandCodes =
    brands === '*' ? sql`array(select code from brands)` : sql`${sql.param([...brands])}::text[]`;
  const pointsOfSale = posCodes === null ? sql`'all'` : sql`${sql.param([...posCodes])}::text[]::text`;
  return sql`select
    set_config('customer_export.brands', ${brandCodes}::text, true),
    set_config('customer_export.pos_codes', ${pointsOfSale}, true),
    set_config('role', 'customer_export_reader', true)`;
}

/** Runs `restriction` as the first statement of a Drizzle transaction. */
export async function restrictReads(tx: Transaction, scope: ReadScope): Promise<void> {
  await tx.execute(restriction(scope));
}
