import { AccessError } from '../errors.ts';
import { openFeed } from './feed.ts';
import type { Source } from './source.ts';
import { type ExportTask, isTerminal } from './task.ts';
import type { TaskWatch } from './watch.ts';

/**
 * One task's states: this one first, then each newer one; ends after a terminal state.
 * A slow reader gets the newest state, not a backlog. Fails with NOT_FOUND once the reader may not see the task any more.
 */
export function followTask(
  watch: TaskWatch,
  current: ExportTask,
  mayStillSee: (task: ExportTask) => boolean,
): Source<ExportTask> {
  let version = -1;
  const accept = (task: ExportTask) => {
    if (task.version <= version) return;
    version = task.version;
    if (!mayStillSee(task)) return feed.fail(new AccessError('NOT_FOUND', 'There is no such export.'));
    feed.put(task.id, task);
    if (isTerminal(task.status)) feed.end();
  };
  const feed = openFeed<ExportTask>(() => unwatch());
  const unwatch = isTerminal(current.status) ? () => {} : watch.watchTask(current.id, accept);
  accept(current);
  return feed.stream;
}

/**
 * The states of many tasks: those that `readCurrent` gives, then every newer state of any task that `matches`, and of
 * those that start later. Of a slow reader's tasks each waits with its newest state. Never ends by itself.
 */
export function followTasks(
  watch: TaskWatch,
  matches: (task: ExportTask) => boolean,
  readCurrent: () => Promise<readonly ExportTask[]>,
): Source<ExportTask> {
  const since = new Date();
  const versions = new Map<string, number>();
  let hasCaughtUp = false;
  const accept = (task: ExportTask) => {
    const seen = versions.get(task.id);
    if (!matches(task) || task.version <= (seen ?? -1)) return;
    // One that ended before the reader came: its file expires, or the bell that rang for its end is still heard.
    if (seen === undefined && task.completedAt !== null && task.completedAt < since) return;
    // The watch tells of each state once; only the current ones may cross with what it tells.
    if (hasCaughtUp && isTerminal(task.status)) versions.delete(task.id);
    else versions.set(task.id, task.version);
    feed.put(task.id, task);
  };
  const feed = openFeed<ExportTask>(() => unwatch());
  // Watch first, read then: a change in between is told and not lost.
  const unwatch = watch.watchAll(accept);
  readCurrent().then(
    (tasks) => {
      for (const task of tasks) accept(task);
      hasCaughtUp = true;
    },
    (error) => feed.fail(error),
  );
  return feed.stream;
}
