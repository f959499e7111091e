import postgres from 'postgres';
import { EmbeddedDatabaseError, reasonOf, systemCode } from './error.ts';
import type { Files } from './files.ts';

/** The server is up, but has no connection left for us: its users' affair. */
const TOO_MANY_CONNECTIONS = '53300';
const WRONG_PASSWORD = '28P01';
/** It went away since it was seen, or is starting or stopping. */
const PASSING = new Set([
  ...['57P01', '57P02', '57P03'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_ENDED'],
]);

/**
 * Whether the server lets us in; false when it went away or is about to.
 * @throws {EmbeddedDatabaseError} when it refuses us for good.
 */
export async function logIn(url: string, files: Files): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    await sql`select 1`;
    return true;
  } catch (cause) {
    const code = systemCode(cause);
    if (code === TOO_MANY_CONNECTIONS) return true;
    if (code !== null && PASSING.has(code)) return false;
    const message =
      code === WRONG_PASSWORD
        ? `The password in ${files.password} is not that of the database in ${files.cluster}. Restore it.`
        : `The database in ${files.cluster} runs, but does not let us in: ${reasonOf(cause)}.`;
    throw new EmbeddedDatabaseError(message, { cause });
  } finally {
    await sql.end({ timeout: 1 });
  }
}
