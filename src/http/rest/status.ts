import type { ExportDeps } from '../../exports/deps.ts';
import { describeFile } from '../../exports/file.ts';
import { findQueuePosition } from '../../exports/queue.ts';
import { type ExportTask, tellAttempts } from '../../exports/task.ts';
import { HttpError } from '../respond.ts';

/** When to ask again, in seconds. */
const RETRY_AFTER = '1';

/** What a caller who asks for a task's status is answered. */
export type StatusAnswer = {
  readonly status: 200 | 202;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
};

/** The id as this page writes it: 32 hex digits. */
export function restId(task: Pick<ExportTask, 'id'>): string {
  return task.id.replaceAll('-', '');
}

/**
 * 202 while there is something to wait for, 200 with the file when it is there.
 * @throws {HttpError} 404 when the export was cancelled, as FHIR Bulk Data has it, and 410 when it has no file any
 * more or never will: a client that waits for "no longer 202" must not take a failure for a file.
 */
export async function answerStatus(deps: ExportDeps, task: ExportTask): Promise<StatusAnswer> {
  switch (task.status) {
    case 'CREATED':
    case 'RUNNING':
      return {
        status: 202,
        body: await describeTask(deps, task),
        headers: {
          etag: entityTag(task),
          'retry-after': RETRY_AFTER,
          'x-progress': `${Math.floor(task.progress)}%`,
        },
      };
    case 'CANCELING':
    case 'CANCELED':
      throw new HttpError(404, task.status, 'This export was cancelled.');
    case 'FAILED':
      throw new HttpError(
        410,
        task.failure?.code ?? 'FAILED',
        `This export failed. ${task.failure?.message ?? ''}`,
      );
    case 'COMPLETED':
    case 'EXPIRED': {
      const body = await describeTask(deps, task);
      if (body.file === null)
        throw new HttpError(410, 'EXPIRED', 'The file of this export is no longer kept.');
      // As FHIR Bulk Data has it: until when the file can be had. The answer itself is not for caches.
      const expires: Record<string, string> = task.expiresAt ? { expires: task.expiresAt.toUTCString() } : {};
      return { status: 200, body, headers: { etag: entityTag(task), ...expires } };
    }
  }
}

/** Weak: the task's state is the same, the file's URL in it is a new one each time. */
function entityTag({ version }: ExportTask): string {
  return `W/"${version}"`;
}

/** The task as JSON, under the names of GraphQL's CustomerExport. */
export async function describeTask(deps: ExportDeps, task: ExportTask) {
  return {
    asyncTaskId: restId(task),
    downloadRequestId: task.downloadRequestId,
    brand: task.brand,
    status: task.status,
    filter: task.filter,
    selection: task.selection,
    objectCount: task.objectCount,
    totalObjectCount: task.totalObjectCount,
    progress: task.progress,
    objectsPerSecond: task.objectsPerSecond,
    estimatedCompletionAt: task.estimatedCompletionAt,
    queuePosition: await findQueuePosition(deps.db, task),
    attempts: tellAttempts(task),
    createdAt: task.createdAt,
    startedAt: task.startedAt,
    completedAt: task.completedAt,
    expiresAt: task.expiresAt,
    transactionTime: task.transactionTime,
    file: describeFile(deps, task),
    failure: task.failure,
    requestedBy: task.requestedBy,
  };
}
