import { seesBrand, seesExport, type Viewer } from '../auth/viewer.ts';
import type { Database } from '../db/client.ts';
import { AccessError } from '../errors.ts';
import { type ExportTask, type Status, unfinished } from './task.ts';
import { listTasks, type TaskScope } from './task-list.ts';
import { findTask } from './task-store.ts';

/** 32 hex digits with or without the dashes of a UUID. */
const uuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/**
 * The task, if it exists for this caller. Either form of the id will do.
 * @throws {AccessError} NOT_FOUND for an unknown, foreign or malformed id alike.
 */
export async function requireTask(db: Database, viewer: Viewer, id: string): Promise<ExportTask> {
  const task = uuid.test(id) ? await findTask(db, id) : null;
  if (!task || !seesExport(viewer, task)) throw new AccessError('NOT_FOUND', 'There is no such export.');
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
