import type { CustomerLines } from '../customers/read.ts';
import type { Database } from '../db/client.ts';
import type { ExportTask } from './task.ts';
import { recordProgress } from './task-store.ts';

/** How often progress is written: four times a second. Also how soon a lost claim is noticed. */
const REPORT_MS = 250;
/** A rate from less than this says nothing. */
const FIRST_RATE_MS = 500;

export type Report = AsyncDisposable & {
  /** The lines' bytes, counted as they pass. */
  readonly counted: () => AsyncIterable<Uint8Array>;
  readonly objectCount: () => number;
};

/** Writes down how far an attempt is while its lines pass. `onLost` is called when the task is not its own any more. */
export function reportProgress(
  db: Database,
  task: ExportTask,
  lines: CustomerLines,
  onLost: () => void,
): Report {
  const started = performance.now();
  const { total, transactionTime } = lines;
  let objectCount = 0;
  let writing: Promise<void> | null = null;

  const write = async () => {
    const elapsedMs = performance.now() - started;
    const rate = elapsedMs < FIRST_RATE_MS || objectCount === 0 ? null : objectCount / (elapsedMs / 1000);
    const recorded = await recordProgress(db, task, {
      objectCount,
      totalObjectCount: total,
      transactionTime,
      objectsPerSecond: rate,
      estimatedCompletionAt:
        rate === null ? null : new Date(Date.now() + ((total - objectCount) / rate) * 1000),
      // 100 is for COMPLETED alone: the file is not whole before it is stored.
      progress: total === 0 ? 0 : Math.min(99.9, (objectCount / total) * 100),
    }).catch(() => 'unknown' as const); // the database is away: the reading itself will find out
    if (recorded === null) onLost();
  };
  const tick = () => {
    writing ??= write().finally(() => {
      writing = null;
    });
  };
  tick();
  const timer = setInterval(tick, REPORT_MS);

  return {
    counted: async function* counted() {
      for await (const chunk of lines.chunks) {
        objectCount += chunk.lines;
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
