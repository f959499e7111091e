import { sql } from 'drizzle-orm';
import type { Database, Transaction } from './client.ts';

/** The one channel: its payload is the id of the task that changed. The row is the truth; this is a doorbell. */
export const CHANNEL = 'customer_export';

/** Rings for a task when the transaction commits. */
export async function ring(db: Database | Transaction, taskId: string): Promise<void> {
  await db.execute(sql`select pg_notify(${CHANNEL}, ${taskId})`);
}
