import { parseCustomerFilter } from '../customers/filter.ts';
import { type CustomerLines, readCustomerLines } from '../customers/read.ts';
import { recordAudit } from './audit.ts';
import type { ExportDeps } from './deps.ts';
import { compress, measure } from './encode.ts';
import { diagnose } from './failures.ts';
import { fileKey } from './file.ts';
import { reportProgress } from './report.ts';
import { countAttempts, type ExportTask, MAX_ATTEMPTS } from './task.ts';
import {
  claimTask,
  failTask,
  findTask,
  finishCanceling,
  type PublishedFile,
  publishTask,
  returnTask,
} from './task-store.ts';

/** Why a run was ended from outside. */
export class Stopped extends Error {
  override name = 'Stopped';
}
/** The task is no longer this attempt's: it was cancelled, or another worker has taken it over. */
export class ClaimLost extends Error {
  override name = 'ClaimLost';
}

/**
 * Runs one attempt of an export, from the claim to the published file.
 * `signal` asks for an orderly stop: the task then goes back to the queue. Never throws for what it can put on the task.
 */
export async function runExport(deps: ExportDeps, taskId: string, signal: AbortSignal): Promise<void> {
  const task = await claimTask(deps.db, taskId);
  if (!task) return giveUpExhausted(deps, taskId);
  const log = deps.log.child({ taskId: task.id, attempt: task.attempt });
  log.info('export started');
  try {
    const file = await writeFile(deps, task, signal);
    await publish(deps, task, file);
    log.info({ objectCount: file.objectCount, fileSize: file.fileSize }, 'export completed');
  } catch (error) {
    await deps.storage
      .remove(fileKey(task))
      .catch((cause: unknown) => log.warn({ err: cause }, 'left an object behind'));
    if (error instanceof ClaimLost) {
      log.info('export is no longer this attempt’s');
      await finishCanceling(deps.db, task.id);
    } else if (signal.aborted) {
      log.info('export goes back to the queue');
      await giveBack(deps, task, { orderly: true, delaySeconds: 0 });
    } else {
      await settleFailure(deps, task, error);
    }
  }
}

/** Reads the customers of one snapshot and writes their lines into the attempt's own object. */
async function writeFile(deps: ExportDeps, task: ExportTask, stop: AbortSignal): Promise<PublishedFile> {
  const lost = new AbortController();
  const signal = AbortSignal.any([stop, lost.signal]);
  const parsed = parseCustomerFilter(task.filter);
  if ('problems' in parsed) throw new Error('The stored filter is not a filter.');
  await using lines: CustomerLines = await readCustomerLines(deps.databaseUrl, {
    filter: parsed.filter,
    selection: task.selection,
    name: `export ${task.id} ${task.attempt}`,
    signal,
  });
  await using report = reportProgress(deps.db, task, lines, () => lost.abort(new ClaimLost()));
  const plain = measure(report.counted());
  const served = task.compression === 'NONE' ? plain : measure(compress(plain.chunks, task.compression));
  const key = fileKey(task);
  await deps.storage.write(key, served.chunks, signal);
  signal.throwIfAborted();
  return {
    fileKey: key,
    fileSize: served.size(),
    uncompressedSize: plain.size(),
    fileSha256: served.sha256(),
    objectCount: report.objectCount(),
  };
}

async function publish(deps: ExportDeps, task: ExportTask, file: PublishedFile): Promise<void> {
  const published = await deps.db.transaction(async (tx) => {
    const done = await publishTask(tx, task, file, deps.retentionHours);
    if (done) {
      const { objectCount, fileSize, fileSha256 } = file;
      await recordAudit(tx, {
        actor: 'worker',
        action: 'complete',
        task,
        details: { objectCount, fileSize, fileSha256 },
      });
    }
    return done;
  });
  if (!published) throw new ClaimLost();
}

async function giveBack(
  deps: ExportDeps,
  task: ExportTask,
  how: { readonly orderly: boolean; readonly delaySeconds: number },
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const returned = await returnTask(tx, task, how);
    if (returned) await deps.enqueue(tx, returned, how.delaySeconds);
    else await finishCanceling(tx, task.id);
  });
}

async function settleFailure(deps: ExportDeps, task: ExportTask, error: unknown): Promise<void> {
  const failure = diagnose(error);
  deps.log.error(
    { err: error, taskId: task.id, attempt: task.attempt, code: failure.code },
    'export attempt failed',
  );
  const attempts = countAttempts(task);
  if (failure.passing && attempts < MAX_ATTEMPTS) {
    await giveBack(deps, task, { orderly: false, delaySeconds: 2 ** attempts });
  } else {
    await fail(deps, task, failure);
  }
}

/** A job for a task that may not be claimed: finished long ago, cancelled, or one that took too many workers down. */
async function giveUpExhausted(deps: ExportDeps, taskId: string): Promise<void> {
  const task = await findTask(deps.db, taskId);
  if (!task) return;
  if (task.status === 'CANCELING') await finishCanceling(deps.db, task.id);
  if (task.status !== 'CREATED' && task.status !== 'RUNNING') return;
  await fail(deps, task, {
    code: 'WORKER_CRASHED',
    message: `The worker was lost in each of ${MAX_ATTEMPTS} attempts. Narrow the filter or ask the operator to look at the log.`,
    retryable: true,
  });
}

async function fail(
  deps: ExportDeps,
  task: ExportTask,
  failure: Parameters<typeof failTask>[2],
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const failed = await failTask(tx, task, failure);
    if (failed)
      await recordAudit(tx, { actor: 'worker', action: 'fail', task, details: { code: failure.code } });
    else await finishCanceling(tx, task.id);
  });
}
