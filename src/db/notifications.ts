import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';

/** The one channel: its payload is the id of the task that changed. The row is the truth; this is a doorbell. */
export const CHANNEL = 'customer_export';

/**
 * Rings for a task when the transaction commits: an expression, so that the statement that changes the task can do it.
 * @param id as text.
 */
export function bell(id: SQLWrapper): SQL {
  return sql`pg_notify(${sql.raw(`'${CHANNEL}'`)}, ${id})`;
}
