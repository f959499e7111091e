import { and, gt, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
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

/** A page of the customers that a filter matches, made of the very lines that an export writes. */
export async function pageCustomers(
  db: Database,
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
  const rows = await db.execute<{ line: string }>(selectLines(selection, matched));
  const found = rows.slice(0, first).map((row): Customer => JSON.parse(row.line));
  return { customers: found, hasNextPage: rows.length > first };
}

/** How many customers a filter matches, exactly. */
export function countCustomers(db: Database, filter: CustomerFilter): Promise<number> {
  return db.$count(customers, customerWhere(filter));
}
