import { sql } from 'drizzle-orm';
import type { Database, Transaction } from './client.ts';

/** So long a transaction may be silent, or take in all. */
const SILENCE_MS = 8_000;

/**
 * A transaction that changes rows which others wait for. When its process is suspended or cut off in the midst of it, the
 * server undoes it after SILENCE_MS, between two statements and, from PostgreSQL 17, within one: the driver first sends
 * a statement and asks what types its parameters have, and until they come the session is not idle, however long that
 * is, nor does a limit for statements end it.
 */
export function changeTogether<T>(
  db: Database,
  change: (tx: Transaction) => Promise<T>,
  silenceMs = SILENCE_MS,
): Promise<T> {
  const limit = (name: string) =>
    sql`set_config(${sql.raw(`'${name}'`)}, ${sql.raw(`'${silenceMs}'`)}, true)`;
  return db.transaction(async (tx) => {
    await tx.execute(sql`select ${limit('idle_in_transaction_session_timeout')},
      case when current_setting('server_version_num')::int >= 170000 then ${limit('transaction_timeout')} end`);
    return change(tx);
  });
}
