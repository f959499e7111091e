import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import { inTime } from './in-time.ts';
import { type Asked, openPace } from './pace.ts';
import { prepareFindTasks } from './task/store.ts';
import type { ExportTask } from './task.ts';

/** Changes of different tasks within this time are read with one query. */
const GATHER_MS = 10;

/** Reads tasks that have changed. */
export type ChangeReader = {
  /** The task may have changed: it is read soon, at most four times a second. */
  readonly ring: (id: string) => void;
  readonly close: () => void;
};

/** Opens a reader that tells the newest state of what was rung for: each state once, and never an older one later. */
export function openChangeReader(
  db: Database,
  log: Logger,
  tell: (task: ExportTask) => Promise<void>,
): ChangeReader {
  const rung = new Map<string, Asked>();
  const pace = openPace();
  const findTasks = prepareFindTasks(db);
  let timer: NodeJS.Timeout | undefined;
  let scheduled = false;
  let closed = false;

  const schedule = () => {
    if (scheduled || closed) return;
    scheduled = true;
    timer = setTimeout(read, GATHER_MS);
  };
  // One query at a time, so that states are told in the order in which they were.
  const read = async () => {
    const now = performance.now();
    const due = [...rung].flatMap(([id, asked]) => (pace.allows(id, asked, now) ? [id] : []));
    for (const id of due) rung.delete(id);
    if (due.length > 0) {
      const onFault = (error: unknown) => log.warn({ err: error }, 'changed exports could not be read');
      for (const task of (await inTime(findTasks(due), onFault)) ?? []) {
        pace.pass(task.id, task.version, now);
        await tell(task);
      }
    }
    scheduled = false;
    if (rung.size > 0) schedule();
    else pace.forget(now);
  };
  return {
    ring: (id) => {
      const now = performance.now();
      rung.set(id, { first: rung.get(id)?.first ?? now, latest: now });
      schedule();
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
