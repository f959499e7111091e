import { parseCustomerFilter } from '../customers/filter.ts';
import { readCustomerLines } from '../customers/read.ts';
import { noteMoment } from '../db/replica.ts';
import { parseReadScope } from '../db/row-security.ts';
import { attempts, bytesWritten, exportDuration } from '../telemetry/metrics.ts';
import { continueTrace, inSpan, type Note, spanOf } from '../telemetry/spans.ts';
import { changeAudited } from './audit.ts';
import type { ExportDeps } from './deps.ts';
import { clearAway, readerName } from './discard.ts';
import { compress, count, measure } from './encode.ts';
import { diagnose } from './failures.ts';
import { fileKey } from './file.ts';
import { reportProgress } from './report.ts';
import { type Ending, settleAttempt } from './settle.ts';
import { type PublishedFile, publishTask } from './task/store.ts';
import type { ExportTask, FailureCode } from './task.ts';

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
  const parent = continueTrace(task.traceparent);
  const facts = { 'export.task_id': task.id, 'export.attempt': task.attempt, 'export.brand': task.brand };
  await inSpan('export attempt', { kind: 'consumer', parent, facts }, async (note) => {
    const since = performance.now();
    const result = await attempt(deps, task, signals, note);
    attempts.inc({ result });
    note({ 'export.status': result });
    if (result === 'COMPLETED') {
      exportDuration.observe({ brand: task.brand }, (performance.now() - since) / 1000);
    }
  });
}

/** How an attempt ended, as it knows itself: RETURNED to the queue, LOST to a cancellation or another worker, or failed. */
type Result = 'COMPLETED' | 'RETURNED' | 'LOST' | FailureCode;

async function attempt(deps: ExportDeps, task: ExportTask, signals: RunSignals, note: Note): Promise<Result> {
  const log = deps.log.child({ taskId: task.id, attempt: task.attempt });
  log.info('export started');
  try {
    const file = await writeFile(deps, task, signals);
    note({ 'export.lines': file.objectCount, 'export.bytes': file.fileSize });
    await inSpan('export publish', {}, () => publish(deps, task, file));
    log.info({ objectCount: file.objectCount, fileSize: file.fileSize }, 'export completed');
    return 'COMPLETED';
  } catch (error) {
    const ending = endingOf(error, signals);
    await settleAttempt(deps, task, ending);
    if (ending.kind === 'failed') return diagnose(error).code;
    return ending.kind === 'stopped' ? 'RETURNED' : 'LOST';
  }
}

function endingOf(error: unknown, { stop, lost }: RunSignals): Ending {
  if (error instanceof ClaimLost || lost.aborted) return { kind: 'lost' };
  return stop.aborted ? { kind: 'stopped' } : { kind: 'failed', error };
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
  if (task.attempt > 1) await clearAway(deps, { ...task, attempt: task.attempt - 1 });
  const parsed = parseCustomerFilter(task.filter);
  if ('problems' in parsed) throw new Error('The stored filter is not a filter.');
  const { filter } = parsed;
  const since = deps.readUrl === null ? undefined : await noteMoment(deps.db);
  await using lines = await inSpan('export count', {}, () =>
    readCustomerLines(deps.readUrl ?? deps.databaseUrl, {
      filter,
      selection: task.selection,
      scope: parseReadScope(task.readScope),
      name: readerName(task),
      since,
      spares: deps.spareReaders,
      signal,
    }),
  );
  const plain = count(spanOf('export read', report.counted(lines)));
  const served = measure(compress(plain.chunks, task.compression));
  const key = fileKey(task);
  await inSpan('export upload', {}, () =>
    deps.storage.write(key, countBytes(served.chunks, task.brand), signal),
  );
  signal.throwIfAborted();
  return {
    fileKey: key,
    fileSize: served.size(),
    uncompressedSize: plain.size(),
    fileSha256: served.sha256(),
    objectCount: report.objectCount(),
  };
}

/** Counts while it is written: a long export is seen before its end. */
async function* countBytes(chunks: AsyncIterable<Uint8Array>, brand: string) {
  for await (const chunk of chunks) {
    bytesWritten.inc({ brand }, chunk.byteLength);
    yield chunk;
  }
}

/** The file's facts, the status, the audit row and the doorbell: together or not at all. */
async function publish(deps: ExportDeps, task: ExportTask, file: PublishedFile): Promise<void> {
  const { objectCount, fileSize, fileSha256 } = file;
  const details = { objectCount, fileSize, fileSha256 };
  const published = await changeAudited(
    deps.db,
    { actor: 'worker', action: 'complete', task, details },
    (tx) => publishTask(tx, task, file, deps.retentionHours),
  );
  if (!published) throw new ClaimLost();
}
