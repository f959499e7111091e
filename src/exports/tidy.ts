import { inArray, sql } from 'drizzle-orm';
import { exports } from '../db/tables.ts';
import type { StoredObject } from '../storage/storage.ts';
import { changeAudited } from './audit.ts';
import type { ExportDeps } from './deps.ts';
import { discardFile } from './discard.ts';
import { fileKey } from './file.ts';
import { readTask } from './task/row.ts';
import { expireTask, prepareFindTasks } from './task/store.ts';
import type { ExportTask } from './task.ts';

/** Objects are compared with their tasks this many at a time. */
const BATCH = 500;
/** Clocks of database and storage differ by less. */
const CLOCK_SKEW_MS = 60_000;
/** No file is kept longer than a week: what is older than this is nobody's, even when its task is in another database. */
const FORGOTTEN_MS = 8 * 24 * 3600 * 1000;

/**
 * Removes what is no longer kept: files that have expired, then objects and unfinished writes that attempts have left
 * behind. Safe beside running exports, and beside itself. One fault does not keep the rest from being tidied.
 * @throws {AggregateError} with all faults.
 */
export async function tidyUp(deps: ExportDeps, signal: AbortSignal): Promise<void> {
  const faults: unknown[] = [];
  for (const chore of [removeExpiredFiles, removeLeftObjects, removeUnfinishedWrites]) {
    if (signal.aborted) return;
    await chore(deps, signal).catch((error: unknown) => faults.push(error));
  }
  if (faults.length > 0) throw new AggregateError(faults, 'Not everything could be tidied up.');
}

async function removeExpiredFiles(deps: ExportDeps, signal: AbortSignal): Promise<void> {
  const due = await deps.db
    .select()
    .from(exports)
    .where(sql`status = 'COMPLETED' and ${exports.expiresAt} <= clock_timestamp()`);
  for (const task of due.map(readTask)) {
    if (signal.aborted) return;
    const expired = await changeAudited(deps.db, { actor: 'worker', action: 'expire', task }, (tx) =>
      expireTask(tx, task.id),
    );
    if (!expired) continue;
    await discardFile(deps, expired);
    deps.log.info({ taskId: task.id }, 'file expired');
  }
}

async function removeLeftObjects(deps: ExportDeps, signal: AbortSignal): Promise<void> {
  const findTasks = prepareFindTasks(deps.db);
  let batch: StoredObject[] = [];
  const removeFromBatch = async () => {
    const tasks = await findTasks([...new Set(batch.map(taskIdOf))]);
    const byId = new Map(tasks.map((task) => [task.id, task]));
    for (const object of batch) {
      if (isWanted(object, byId.get(taskIdOf(object)))) continue;
      await deps.storage.remove(object.key);
      deps.log.warn({ key: object.key }, 'removed an object that an attempt had left behind');
    }
    batch = [];
  };
  for await (const object of deps.storage.list()) {
    if (signal.aborted) return;
    batch.push(object);
    if (batch.length === BATCH) await removeFromBatch();
  }
  await removeFromBatch();
}

function taskIdOf({ key }: StoredObject): string {
  return key.split('/')[1] ?? '';
}

/** The published file of its task, or what the current attempt is about to publish. */
function isWanted({ key, modifiedAt }: StoredObject, task: ExportTask | undefined): boolean {
  if (!task) return modifiedAt.getTime() > Date.now() - FORGOTTEN_MS;
  return key === task.fileKey || (task.status === 'RUNNING' && key === fileKey(task));
}

/** Nothing that is being written now was last touched before the oldest running export began. */
async function removeUnfinishedWrites(deps: ExportDeps): Promise<void> {
  const [row] = await deps.db
    .select({ oldest: sql`least(min(${exports.startedAt}), clock_timestamp())`.mapWith(exports.startedAt) })
    .from(exports)
    .where(inArray(exports.status, ['RUNNING', 'CANCELING']));
  if (!row) return;
  const removed = await deps.storage.removeUnfinished(new Date(row.oldest.getTime() - CLOCK_SKEW_MS));
  if (removed > 0) deps.log.warn({ removed }, 'removed unfinished writes');
}
