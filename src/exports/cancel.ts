import type { Viewer } from '../auth/viewer.ts';
import { Refusal, type RefusalCode } from '../errors.ts';
import { requireTask } from './access.ts';
import { type AuditAction, changeAudited, type Origin } from './audit.ts';
import type { ExportDeps } from './deps.ts';
import { discardFile } from './discard.ts';
import { cancelTask, expireTask } from './task/store.ts';
import type { ExportTask } from './task.ts';

/**
 * Stops an export that waits or runs. One that is being cancelled, or was, stays as it is.
 * @throws {Refusal} CONFLICT when it is already finished.
 * @throws {AccessError} NOT_FOUND when it does not exist for the caller.
 */
export async function cancelCustomerExport(
  deps: ExportDeps,
  viewer: Viewer,
  id: string,
  origin: Origin,
): Promise<ExportTask> {
  const task = await requireTask(deps.db, viewer, id);
  const canceled = await changeAudited(deps.db, by(viewer, 'cancel', task, origin), (tx) =>
    cancelTask(tx, task.id, viewer.subject),
  );
  if (canceled) return canceled;
  const current = await requireTask(deps.db, viewer, id);
  if (current.status === 'CANCELING' || current.status === 'CANCELED') return current;
  throw conflict('This export is finished: there is nothing to cancel.');
}

/**
 * Removes a finished export's file now; the record stays, EXPIRED. Once more changes nothing.
 * @throws {Refusal} CONFLICT when it has no file.
 * @throws {AccessError} NOT_FOUND when it does not exist for the caller.
 */
export async function deleteCustomerExport(
  deps: ExportDeps,
  viewer: Viewer,
  id: string,
  origin: Origin,
): Promise<ExportTask> {
  const task = await requireTask(deps.db, viewer, id);
  const expired = await changeAudited(deps.db, by(viewer, 'delete', task, origin), (tx) =>
    expireTask(tx, task.id),
  );
  if (!expired) {
    const current = await requireTask(deps.db, viewer, id);
    if (current.status === 'EXPIRED') return current;
    throw conflict('This export has no file: only a COMPLETED export has one.');
  }
  await discardFile(deps, expired);
  return expired;
}

function by(viewer: Viewer, action: AuditAction, task: ExportTask, origin: Origin) {
  return { actor: viewer.subject, action, task, details: { ...origin } };
}

function conflict(message: string): Refusal {
  const code: RefusalCode = 'CONFLICT';
  return new Refusal([{ code, message, path: ['asyncTaskId'] }]);
}
