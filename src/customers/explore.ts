import { and, gt, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { type ReadScope, restrictReads } from '../db/row-security.ts';
import { customers } from '../db/tables.ts';
import type { Customer } from './customer.ts';
import type { CustomerFilter } from './filter.ts';
import { customerWhere } from './filter-where.ts';
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

/** A page of the customers that a filter matches within a scope, made of the very lines that an export writes. */
export async function pageCustomers(
  db: Database,
  scope: ReadScope,
  filter: CustomerFilter,
  { first, after, withTransactions }: PageOptions,
): Promise<CustomerPage> {
  const where = and(
    customerWhere(filter),
    after === null ? undefined : gt(customers.boosterCustomerId, after),
  );
  const matched = sql`select * from ${customers} where ${where}
    order by ${customers.boosterCustomerId} limit ${first + 1}`;
  const selection = withTransactions ? completeSelection : defaultSelection;
  const rows = await db.transaction(async (tx) => {
    await restrictReads(tx, scope);
    return tx.execute<{ line: string }>(selectLines(selection, matched));
  }, readOnly);
  const found = rows.slice(0, first).map((row): Customer => JSON.parse(row.line));
  return { customers: found, hasNextPage: rows.length > first };
}

/** How many customers a filter matches within a scope, exactly. */
export function countCustomers(db: Database, scope: ReadScope, filter: CustomerFilter): Promise<number> {
  return db.transaction(async (tx) => {
    await restrictReads(tx, scope);
    return tx.$count(customers, customerWhere(filter));
  }, readOnly);
}

const readOnly = { accessMode: 'read only' } as const;
