import type postgres from 'postgres';
import type { Database } from '../db/client.ts';
import { CHANNEL } from '../db/notifications.ts';
import type { ExportTask } from './task.ts';
import { findTasks } from './task-store.ts';

/** At most one event a task in this time: four a second. */
const COALESCE_MS = 250;
/** How often watched tasks are read again although nobody rang: notifications are lost on a reconnect. */
const POLL_MS = 5_000;

/** Tells the processes' subscribers of every change of the tasks they watch. */
export type TaskWatch = {
  /** Calls `onChange` with the newest state after every change of this task, until the returned function is called. */
  readonly watchTask: (id: string, onChange: (task: ExportTask) => void) => () => void;
  /** The same for every task there is. */
  readonly watchAll: (onChange: (task: ExportTask) => void) => () => void;
  readonly close: () => Promise<void>;
};

/** Opens the process's one LISTEN connection. */
export async function openTaskWatch(db: Database, sql: postgres.Sql): Promise<TaskWatch> {
  const byTask = new Map<string, Set<(task: ExportTask) => void>>();
  const forAll = new Set<(task: ExportTask) => void>();
  const rung = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let lastRead = 0;
  let closed = false;

  const readRung = async () => {
    timer = null;
    lastRead = performance.now();
    const ids = [...rung];
    rung.clear();
    const tasks = await findTasks(db, ids).catch(() => null);
    if (tasks === null) return; // the database is away; the poll asks again
    for (const task of tasks) {
      for (const tell of byTask.get(task.id) ?? []) tell(task);
      for (const tell of forAll) tell(task);
    }
  };
  const onRing = (id: string) => {
    if (closed || (forAll.size === 0 && !byTask.has(id))) return;
    rung.add(id);
    timer ??= setTimeout(readRung, Math.max(0, COALESCE_MS - (performance.now() - lastRead)));
  };
  const readAll = () => {
    for (const id of byTask.keys()) onRing(id);
  };

  const poll = setInterval(readAll, POLL_MS);
  const listening = await sql.listen(CHANNEL, onRing, readAll);

  return {
    watchTask: (id, onChange) => {
      const watchers = byTask.get(id) ?? new Set();
      byTask.set(id, watchers.add(onChange));
      return () => {
        watchers.delete(onChange);
        if (watchers.size === 0 && byTask.get(id) === watchers) byTask.delete(id);
      };
    },
    watchAll: (onChange) => {
      forAll.add(onChange);
      return () => forAll.delete(onChange);
    },
    close: async () => {
      closed = true;
      clearInterval(poll);
      if (timer) clearTimeout(timer);
      await listening.unlisten();
    },
  };
}
