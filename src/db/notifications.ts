import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { Database, Transaction } from './client.ts';

/** The one channel: its payload is the id of the task that changed. The row is the truth; this is a doorbell. */
export const CHANNEL = 'customer_export';

/** Calls the workers, without a payload: a task waits. They look by themselves too, but less often. */
export const WORK_CHANNEL = 'customer_export_work';

/** Calls the workers when the transaction commits. */
export async function callWorkers(db: Database | Transaction): Promise<void> {
  await db.execute(sql`select pg_notify(${WORK_CHANNEL}, '')`);
}

/**
 * Rings for a task when the transaction commits: an expression, so that the statement that changes the task can do it.
 * @param id as text.
 */
export function bell(id: SQLWrapper): SQL {
  return sql`pg_notify(${sql.raw(`'${CHANNEL}'`)}, ${id})`;
}
