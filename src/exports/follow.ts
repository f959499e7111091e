import { openFeed } from './feed.ts';
import { type ExportTask, isTerminal } from './task.ts';
import type { TaskWatch } from './watch.ts';

/**
 * One task's states: the current one first, then each newer one; ends after a terminal state.
 * A slow reader gets the newest state, not a backlog. `read` is asked once, for the current state.
 */
export function followTask(
  watch: TaskWatch,
  id: string,
  read: () => Promise<ExportTask>,
): AsyncIterableIterator<ExportTask> {
  let version = -1;
  const accept = (task: ExportTask) => {
    if (task.version <= version) return;
    version = task.version;
    feed.put(task.id, task);
    if (isTerminal(task.status)) feed.end();
  };
  // Watch first, read then: a change in between is told and not lost.
  const unwatch = watch.watchTask(id, accept);
  const feed = openFeed<ExportTask>(unwatch);
  read().then(accept, feed.fail);
  return feed.stream;
}

/**
 * The states of many tasks: those that `readCurrent` gives, then every newer state of any task that `matches`.
 * Never ends by itself.
 */
export function followTasks(
  watch: TaskWatch,
  matches: (task: ExportTask) => boolean,
  readCurrent: () => Promise<readonly ExportTask[]>,
): AsyncIterableIterator<ExportTask> {
  const versions = new Map<string, number>();
  const accept = (task: ExportTask) => {
    const seen = versions.get(task.id);
    if (!matches(task) || task.version <= (seen ?? -1)) return;
    // The file of an export that ended long before the reader came.
    if (seen === undefined && task.status === 'EXPIRED') return;
    versions.set(task.id, task.version);
    feed.put(task.id, task);
  };
  const unwatch = watch.watchAll(accept);
  const feed = openFeed<ExportTask>(unwatch);
  readCurrent().then((tasks) => tasks.forEach(accept), feed.fail);
  return feed.stream;
}
