import type { ExportDeps } from '../exports/deps.ts';
import { openHolds } from '../exports/holds.ts';
import { findNextTask, findUnheldTasks } from '../exports/queue.ts';
import { runExport } from '../exports/run.ts';
import { settleAbandoned } from '../exports/settle.ts';
import { claimTask } from '../exports/task/store.ts';
import { countAttempts, type ExportTask, hasOneAttemptLeft, MAX_ATTEMPTS } from '../exports/task.ts';
import { startRepeating } from './repeat.ts';
import { keepVigil } from './vigil.ts';

/** How often a worker looks for work that nobody has called it for: tasks whose worker is gone, retries that are due. */
const LOOK_MS = 1_000;

export type Worker = {
  /** Looks for work now. Resolves when there is room for more, or never will be. */
  readonly wake: () => Promise<void>;
  /** Gives running exports back to the queue and resolves when nothing of theirs is left. */
  readonly stop: () => Promise<void>;
};

type Run = {
  readonly brand: string;
  /** Runs while no other export does. */
  readonly alone: boolean;
  readonly lose: () => void;
  readonly ended: Promise<void>;
};

/**
 * How many exports of one brand a process runs at a time: all of its slots but one, so that a brand with long exports
 * leaves room for others; of one or two slots all.
 */
export function brandLimit(concurrency: number): number {
  return Math.max(Math.min(concurrency, 2), concurrency - 1);
}

/** Runs exports, up to `concurrency` at a time, in the order of `exports/queue.ts`. */
export function startWorker(deps: ExportDeps, concurrency: number): Worker {
  const stopping = new AbortController();
  const running = new Map<string, Run>();
  const holds = openHolds(deps.databaseUrl, {
    onLost: (taskId) => {
      deps.log.warn({ taskId }, 'export is held no longer');
      running.get(taskId)?.lose();
    },
  });

  const begin = (task: ExportTask, alone: boolean) => {
    const lost = new AbortController();
    const run = async () => {
      try {
        await runExport(deps, task, { stop: stopping.signal, lost: lost.signal });
      } catch (error) {
        deps.log.error({ err: error, taskId: task.id, attempt: task.attempt }, 'export could not be settled');
      }
      await holds.release(task.id);
      running.delete(task.id);
      looking.wake();
    };
    const lose = () => lost.abort(new Error('The task is held no longer.'));
    running.set(task.id, { brand: task.brand, alone, lose, ended: run() });
  };

  /** Takes the next task. False when there is none, or none that may begin beside those that run. */
  const takeNext = async (orphans: readonly string[]): Promise<boolean> => {
    if (stopping.signal.aborted || running.size >= concurrency) return false;
    const next = await findNextTask(deps.db, { orphans, fullBrands: fullBrands(running, concurrency) });
    if (!next) return false;
    // Whoever shares a process with a task that kills it loses attempts too, but never the last one: that one
    // is run alone, so that only the task itself can be to blame.
    const alone = hasOneAttemptLeft(next);
    if (running.size > 0 && (alone || [...running.values()].some((run) => run.alone))) return false;
    if (!(await holds.take(next.id))) return true;
    let task: ExportTask | null = null;
    try {
      if (!stopping.signal.aborted) task = await claimTask(deps.db, next);
    } finally {
      if (!task) await holds.release(next.id);
    }
    if (task) begin(task, alone);
    return task !== null;
  };

  const settleAll = async (abandoned: readonly ExportTask[]) => {
    for (const task of abandoned) {
      if (stopping.signal.aborted || !(await holds.take(task.id))) continue;
      await settleAbandoned(deps, task).finally(() => holds.release(task.id));
    }
  };

  const leftAlone = keepVigil();
  const looking = startRepeating(LOOK_MS, deps.log, async () => {
    const alone = leftAlone(await findUnheldTasks(deps.db));
    const isOver = (task: ExportTask) => task.status === 'CANCELING' || countAttempts(task) >= MAX_ATTEMPTS;
    const orphans = alone.filter((task) => !isOver(task)).map(({ id }) => id);
    while (await takeNext(orphans));
    await settleAll(alone.filter(isOver));
  });

  return {
    wake: async () => {
      await looking.wake();
      while (running.size >= concurrency && !stopping.signal.aborted) {
        await Promise.race([...running.values()].map((run) => run.ended));
      }
    },
    stop: async () => {
      stopping.abort(new Error('The worker is stopping.'));
      await looking.stop();
      await Promise.all([...running.values()].map((run) => run.ended));
      await holds.close();
    },
  };
}

function fullBrands(running: ReadonlyMap<string, Run>, concurrency: number): string[] {
  const brands = [...running.values()].map((run) => run.brand);
  return [...new Set(brands)].filter(
    (brand) => brands.filter((other) => other === brand).length >= brandLimit(concurrency),
  );
}
