import { parseCustomerFilter } from '../customers/filter.ts';
import { readCustomerLines } from '../customers/read.ts';
import { parseReadScope } from '../db/row-security.ts';
import { recordAudit } from './audit.ts';
import type { ExportDeps } from './deps.ts';
import { clearAwayBefore, readerName } from './discard.ts';
import { compress, count, measure } from './encode.ts';
import { fileKey } from './file.ts';
import { reportProgress } from './report.ts';
import { settleAttempt } from './settle.ts';
import type { ExportTask } from './task.ts';
import { type PublishedFile, publishTask } from './task-store.ts';

/** What ends a run from outside. */
export type RunSignals = {
  /** An orderly stop: the task goes back to the queue. */
  readonly stop: AbortSignal;
  /** The task is not held any more: somebody else may run it. */
  readonly lost: AbortSignal;
};

/** The task is no longer this attempt's: it was cancelled, or another worker has taken it over. */
class ClaimLost extends Error {
  override name = 'ClaimLost';
}

/**
 * Runs the attempt that `task` has just been claimed for, up to the published file or to what became of it instead.
 * @throws when not even that can be written down: then the database is away, and the next attempt begins with it.
 */
export async function runExport(deps: ExportDeps, task: ExportTask, signals: RunSignals): Promise<void> {
  const log = deps.log.child({ taskId: task.id, attempt: task.attempt });
  log.info('export started');
  try {
    const file = await writeFile(deps, task, signals);
    await publish(deps, task, file);
    log.info({ objectCount: file.objectCount, fileSize: file.fileSize }, 'export completed');
  } catch (error) {
    if (error instanceof ClaimLost || signals.lost.aborted) {
      await settleAttempt(deps, task, { kind: 'lost' });
    } else if (signals.stop.aborted) {
      await settleAttempt(deps, task, { kind: 'stopped' });
    } else {
      await settleAttempt(deps, task, { kind: 'failed', error });
    }
  }
}

/** Reads the customers of one snapshot and writes their lines into the attempt's own object. */
async function writeFile(
  deps: ExportDeps,
  task: ExportTask,
  { stop, lost }: RunSignals,
): Promise<PublishedFile> {
  const taken = new AbortController();
  const signal = AbortSignal.any([stop, lost, taken.signal]);
  await using report = reportProgress(deps.db, task, () => taken.abort(new ClaimLost()));
  await clearAwayBefore(deps, task);
  const parsed = parseCustomerFilter(task.filter);
  if ('problems' in parsed) throw new Error('The stored filter is not a filter.');
  await using lines = await readCustomerLines(deps.databaseUrl, {
    filter: parsed.filter,
    selection: task.selection,
    scope: parseReadScope(task.readScope),
    name: readerName(task),
    signal,
  });
  const plain = count(report.counted(lines));
  const served = measure(compress(plain.chunks, task.compression));
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

/** The file's facts, the status, the audit row and the doorbell: together or not at all. */
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
