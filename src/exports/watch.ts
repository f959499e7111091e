import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import { type ListenOptions, listen } from '../db/listen.ts';
import { CHANNEL } from '../db/notifications.ts';
import { openChangeReader } from './change-reader.ts';
import { inTime } from './in-time.ts';
import { openTaskRoll } from './task/roll.ts';
import type { ExportTask } from './task.ts';

/** How often it is looked for changes that nobody rang for: notifications are lost while a connection is. */
const POLL_MS = 5_000;

/**
 * After so many tellings everybody else has a turn. What telling has made, objects for every write, is also forgotten
 * then: of thousands at once it would outgrow the memory for young objects and stay for long.
 */
const TURN = 100;

type Tell = (task: ExportTask) => void;

/** Tells a process's subscribers of every change of the tasks they watch: all of them with one and the same object. */
export type TaskWatch = {
  /**
   * Calls `tell` with the newest state after every change of this task, until the returned function is called.
   * A change from just before is told as well, so that a reader who looked first misses nothing.
   */
  readonly watchTask: (id: string, tell: Tell) => () => void;
  /** The same for every task that is not finished yet, or starts later. */
  readonly watchAll: (tell: Tell) => () => void;
  readonly close: () => Promise<void>;
};

export type TaskWatchOptions = Pick<ListenOptions, 'heartbeatMs' | 'echoMs'> & { readonly pollMs?: number };

/** Opens the process's one listening connection. The row is the truth: who is rung for is read through `db`. */
export async function openTaskWatch(
  { db, databaseUrl, log }: { readonly db: Database; readonly databaseUrl: string; readonly log: Logger },
  { pollMs = POLL_MS, ...heartbeat }: TaskWatchOptions = {},
): Promise<TaskWatch> {
  const byTask = new Map<string, Set<Tell>>();
  const forAll = new Set<Tell>();
  const roll = openTaskRoll(db);

  const tellAll = openTelling(log);
  const reader = openChangeReader(db, log, async (task) => {
    await tellAll(byTask.get(task.id) ?? [], task);
    if (forAll.size > 0 && roll.isNews(task)) await tellAll(forAll, task);
  });
  const ring = (id: string) => {
    if (forAll.size > 0 || byTask.has(id)) reader.ring(id);
  };
  const look = async (how: { readonly thorough: boolean }) => {
    for (const id of byTask.keys()) reader.ring(id);
    if (forAll.size === 0) return;
    const onFault = (error: unknown) => log.warn({ err: error }, 'exports could not be looked through');
    for (const id of (await inTime(roll.findChanged(how), onFault)) ?? []) ring(id);
  };
  const listening = await listen(db, databaseUrl, CHANNEL, {
    ...heartbeat,
    onNotify: ring,
    onListening: () => look({ thorough: true }),
  });
  const poll = setInterval(() => look({ thorough: false }), pollMs);

  return {
    watchTask: (id, tell) => {
      const watchers = byTask.get(id) ?? new Set();
      byTask.set(id, watchers.add(tell));
      reader.ring(id);
      return () => {
        watchers.delete(tell);
        if (watchers.size === 0 && byTask.get(id) === watchers) byTask.delete(id);
      };
    },
    watchAll: (tell) => {
      const isFirst = forAll.size === 0;
      forAll.add(tell);
      if (isFirst) {
        roll.begin();
        void look({ thorough: false });
      }
      return () => forAll.delete(tell);
    },
    close: async () => {
      clearInterval(poll);
      reader.close();
      await listening.close();
    },
  };
}

/** Tells one after the other, in turns; one who fails holds up nobody else. */
function openTelling(log: Logger) {
  let told = 0;
  return async (tells: Iterable<Tell>, task: ExportTask) => {
    for (const tell of tells) {
      try {
        tell(task);
      } catch (error) {
        log.error({ err: error, taskId: task.id }, 'a subscriber could not be told');
      }
      if (++told % TURN === 0) await nextTurn();
    }
  };
}
