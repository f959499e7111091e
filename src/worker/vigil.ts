import type { ExportTask } from '../exports/task.ts';

/**
 * How long a task must be seen without anybody who runs it until it counts as left alone. A worker whose session was
 * cut takes hold again within a tenth of that; without this patience each cut would cost its tasks an attempt.
 */
const PATIENCE_MS = 900;

/** Watches tasks that nobody runs: given those of this moment, again and again, it tells those that are left alone. */
export function keepVigil(now: () => number = () => performance.now()) {
  let seen = new Map<string, number>();
  return (unheld: readonly ExportTask[]): ExportTask[] => {
    const before = seen;
    seen = new Map();
    return unheld.filter(({ id, attempt }) => {
      const since = before.get(`${id} ${attempt}`) ?? now();
      seen.set(`${id} ${attempt}`, since);
      return now() - since >= PATIENCE_MS;
    });
  };
}
