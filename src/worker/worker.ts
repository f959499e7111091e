import type { ExportDeps } from '../exports/deps.ts';
import { runExport } from '../exports/run.ts';
import type { Queue } from './queue.ts';

export type Worker = {
  /** Gives running exports back to the queue and resolves when nothing of theirs is left. */
  readonly stop: () => Promise<void>;
};

/** Runs exports as their jobs come, up to `concurrency` at a time. */
export async function startWorker(deps: ExportDeps, queue: Queue, concurrency: number): Promise<Worker> {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  await queue.work(concurrency, async (taskId) => {
    // A job that comes while stopping stays unfinished: the queue hands it to another worker.
    stopping.signal.throwIfAborted();
    const run = runExport(deps, taskId, stopping.signal);
    running.add(run);
    try {
      await run;
    } finally {
      running.delete(run);
    }
  });
  return {
    stop: async () => {
      stopping.abort(new Error('The worker is stopping.'));
      await Promise.allSettled(running);
    },
  };
}
