import { and, gt, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Database } from '../db/client.ts';
import { type ReadScope, restrictReads } from '../db/row-security.ts';
import { customers } from '../db/tables.ts';
import type { Customer } from './customer.ts';
import { customerWhere } from './filter/where.ts';
import type { CustomerFilter } from './filter.ts';
import { selectLines } from './line.ts';
import { completeSelection, defaultSelection } from './selection.ts';

export type CustomerPage = {
  /** In order of boosterCustomerId. */
  readonly customers: readonly Customer[];
  readonly hasNextPage: boolean;
};

export type PageOptions = {
  readonly first: number;
  /** The boosterCustomerId after which the page begins; null = at the start. */
  readonly after: number | null;
  /** Whether to read transactions too; without, the list is not there. */
  readonly withTransactions: boolean;
};

/**
 * A page of the customers that a filter matches, made of the very lines that an export writes.
 *
 * The filter finds ids; what is read of them is narrowed to `scope` by the database. In this order, because row
 * security keeps a filter by email or name from its index (docs/decisions/0006).
 */
export function pageCustomers(
  db: Database,
  scope: ReadScope,
  filter: CustomerFilter,
  { first, after, withTransactions }: PageOptions,
): Promise<CustomerPage> {
  const id = customers.boosterCustomerId;
  return db.transaction(async (tx) => {
    const matched = await tx
      .select({ id })
      .from(customers)
      .where(and(customerWhere(filter), after === null ? undefined : gt(id, after)))
      .orderBy(id)
      .limit(first + 1);
    const ids = matched.slice(0, first).map((row) => row.id);
    await restrictReads(tx, scope);
    const rows = await tx.execute<{ line: string }>(
      selectLines(
        withTransactions ? completeSelection : defaultSelection,
        sql`select * from ${customers} where ${id} = any(${sql.param(ids)}::int[])`,
      ),
    );
    const found = rows.map((row): Customer => JSON.parse(row.line));
    return { customers: found, hasNextPage: matched.length > first };
  }, oneMoment);
}

/** How many customers a filter matches within `scope`, exactly. A condition is enough here: no customer is shown. */
export function countCustomers(db: Database, scope: ReadScope, filter: CustomerFilter): Promise<number> {
  const readable = (column: PgColumn, codes: readonly string[] | '*' | null) =>
    codes === null || codes === '*' ? undefined : sql`${column} = any(${sql.param(codes)}::text[])`;
  return db.$count(
    customers,
    and(
      customerWhere(filter),
      readable(customers.brand, scope.brands),
      readable(customers.posCode, scope.posCodes),
    ),
  );
}

const oneMoment = { isolationLevel: 'repeatable read', accessMode: 'read only' } as const;
