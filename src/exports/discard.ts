import { sql } from 'drizzle-orm';
import { connect, type Database } from '../db/client.ts';
import type { ExportDeps } from './deps.ts';
import { fileKey } from './file.ts';
import type { ExportTask } from './task.ts';

/** The storage's clock is ahead by less. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Removes what an attempt has stored, whole or not, once its row says that nobody is to have it. Never throws: what
 * cannot be removed now is removed by the next tidying (`tidy.ts`).
 */
export async function discardFile(
  { storage, log }: Pick<ExportDeps, 'storage' | 'log'>,
  attempt: Pick<ExportTask, 'id' | 'attempt' | 'compression'>,
): Promise<void> {
  const key = fileKey(attempt);
  try {
    await storage.remove(key);
    await storage.removeUnfinished(new Date(Date.now() + CLOCK_SKEW_MS), key);
  } catch (error) {
    log.warn({ err: error, taskId: attempt.id, attempt: attempt.attempt }, 'left an object behind');
  }
}

/** How the connections that read for an attempt name themselves in pg_stat_activity. */
export function readerName({ id, attempt }: Pick<ExportTask, 'id' | 'attempt'>): string {
  return `export ${id} ${attempt}`;
}

/**
 * Clears away what an attempt left when its worker was lost: its file, and its connections. Those of a suspended worker
 * would hold their snapshot, and with it VACUUM in the whole database, for as long as it sleeps. Never throws.
 */
export async function clearAway(
  deps: Pick<ExportDeps, 'db' | 'readUrl' | 'storage' | 'log'>,
  attempt: Pick<ExportTask, 'id' | 'attempt' | 'compression'>,
): Promise<void> {
  await discardFile(deps, attempt);
  try {
    await endReaders(deps.db, attempt);
    if (deps.readUrl === null) return;
    const replica = connect(deps.readUrl, { max: 1 });
    await endReaders(replica.db, attempt).finally(replica.close);
  } catch (error) {
    deps.log.warn({ err: error, taskId: attempt.id, attempt: attempt.attempt }, 'left connections behind');
  }
}

async function endReaders(db: Database, attempt: Pick<ExportTask, 'id' | 'attempt'>): Promise<void> {
  await db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = session_user and application_name = ${readerName(attempt)}`);
}
