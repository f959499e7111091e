import { seesBrand, type Viewer } from '../auth/viewer.ts';
import type { Database } from '../db/client.ts';
import { AccessError } from '../errors.ts';
import { findTaskWithin, listTasks, type TaskScope } from './task/list.ts';
import { type ExportTask, type Status, unfinished } from './task.ts';

/** 32 hex digits with or without the dashes of a UUID. */
const uuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

export function isTaskId(id: string): boolean {
  return uuid.test(id);
}

/**
 * The task, if it exists for this caller. Either form of the id will do. The database decides who sees it: what is
 * somebody else's is not even read, so that an answer takes no longer than for what does not exist.
 * @throws {AccessError} NOT_FOUND for an unknown, foreign or malformed id alike.
 */
export async function requireTask(db: Database, viewer: Viewer, id: string): Promise<ExportTask> {
  const task = isTaskId(id) ? await findTaskWithin(db, visibleTasks(viewer), id) : null;
  if (!task) throw new AccessError('NOT_FOUND', 'There is no such export.');
  return task;
}

/** The tasks that exist for this caller, narrowed to a brand and to some states when given. */
export function visibleTasks(
  viewer: Viewer,
  narrow: {
    readonly brand?: string | null | undefined;
    readonly statuses?: readonly Status[] | null | undefined;
  } = {},
): TaskScope {
  const brand = narrow.brand ?? null;
  return {
    requestedBy: viewer.scopes.has('exports:admin') ? null : viewer.subject,
    posCodes: viewer.posCodes,
    brands: brand === null ? viewer.brands : seesBrand(viewer, brand) ? [brand] : [],
    statuses: narrow.statuses?.length ? narrow.statuses : null,
  };
}

/** The newest of a caller's exports that are not finished: more than anybody can look at. */
export function listUnfinished(
  db: Database,
  viewer: Viewer,
  brand: string | null | undefined,
): Promise<ExportTask[]> {
  return listTasks(db, visibleTasks(viewer, { brand, statuses: unfinished }), { limit: 1000 });
}
