import type { CustomerLines } from '../customers/read.ts';
import type { Database } from '../db/client.ts';
import { linesWritten } from '../telemetry/metrics.ts';
import { isRunning, type ProgressReport, recordProgress } from './task/store.ts';
import type { ExportTask } from './task.ts';

/** How often progress is written: four times a second. Also how soon a lost claim is noticed. */
const REPORT_MS = 250;
/** A rate from less than this says nothing. */
const FIRST_RATE_MS = 500;

export type Report = AsyncDisposable & {
  /** The lines' bytes, counted as they pass. */
  readonly counted: (lines: CustomerLines) => AsyncIterable<Uint8Array>;
  readonly objectCount: () => number;
};

/**
 * Writes down how far an attempt is: from when its lines are there, as they pass. Looks all the time whether the task
 * is still the attempt's; `onLost` is called when it is not.
 */
export function reportProgress(db: Database, task: ExportTask, onLost: () => void): Report {
  let reading: { readonly lines: CustomerLines; readonly since: number } | null = null;
  let objectCount = 0;
  let writing: Promise<void> | null = null;

  const write = async () => {
    const mine = await (reading
      ? recordProgress(db, task, describe(reading.lines, objectCount, performance.now() - reading.since))
      : isRunning(db, task)
    ).catch(() => true); // the database is away: the reading itself will find out
    if (!mine) onLost();
  };
  const tick = () => {
    writing ??= write().finally(() => {
      writing = null;
    });
  };
  const timer = setInterval(tick, REPORT_MS);

  return {
    counted: async function* counted(lines) {
      reading = { lines, since: performance.now() };
      tick();
      for await (const chunk of lines.chunks) {
        objectCount += chunk.lines;
        linesWritten.inc({ brand: task.brand }, chunk.lines);
        yield chunk.bytes;
      }
    },
    objectCount: () => objectCount,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await writing;
    },
  };
}

function describe(
  { total, transactionTime }: CustomerLines,
  objectCount: number,
  elapsedMs: number,
): ProgressReport {
  const rate = elapsedMs < FIRST_RATE_MS || objectCount === 0 ? null : objectCount / (elapsedMs / 1000);
  return {
    objectCount,
    totalObjectCount: total,
    transactionTime,
    objectsPerSecond: rate,
    estimatedCompletionAt:
      rate === null ? null : new Date(Date.now() + ((total - objectCount) / rate) * 1000),
    // 100 is for COMPLETED alone: the file is not whole before it is stored.
    progress: total === 0 ? 0 : Math.min(99.9, Math.floor((objectCount / total) * 1_000) / 10),
  };
}
