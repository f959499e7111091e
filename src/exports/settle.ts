import { changeTogether } from '../db/change-together.ts';
import { failures } from '../telemetry/metrics.ts';
import { changeAudited } from './audit.ts';
import type { ExportDeps } from './deps.ts';
import { clearAway, discardFile } from './discard.ts';
import { diagnose } from './failures.ts';
import { failTask, findTask, finishCanceling, postponeTask, returnTask } from './task/store.ts';
import { countAttempts, type ExportTask, type Failure, failureCodes, MAX_ATTEMPTS } from './task.ts';

// An alert on what grows needs to have seen it at zero.
for (const code of failureCodes) failures.inc({ code }, 0);

/** Why an attempt did not come to its end. */
export type Ending =
  /** The task is not this attempt's any more, or that is not sure. */
  | { readonly kind: 'lost' }
  /** The worker stops in good order. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * Settles an attempt that did not publish, as far as anybody knows: first what the row says, then what the storage
 * keeps. Until the row says otherwise the publication may still have gone through, its answer lost.
 */
export async function settleAttempt(deps: ExportDeps, task: ExportTask, ending: Ending): Promise<void> {
  const log = deps.log.child({ taskId: task.id, attempt: task.attempt });
  const settled = await settleRow(deps, task, ending, log);
  if (settled) return discardFile(deps, task);
  const current = await findTask(deps.db, task.id);
  const same = current?.attempt === task.attempt;
  if (same && current.status === 'COMPLETED') {
    log.warn('export completed, though it was not told so');
    return;
  }
  await discardFile(deps, task);
  if (same) await finishCanceling(deps.db, task);
  log.info({ status: current?.status }, 'export is no longer this attempt’s');
}

async function settleRow(
  deps: ExportDeps,
  task: ExportTask,
  ending: Ending,
  log: ExportDeps['log'],
): Promise<ExportTask | null> {
  if (ending.kind === 'lost') return null;
  if (ending.kind === 'stopped') {
    log.info('export goes back to the queue');
    return changeTogether(deps.db, async (tx) => {
      await deps.enqueue(tx, task);
      return returnTask(tx, task);
    });
  }
  const { passing, ...failure } = diagnose(ending.error);
  log.error({ err: ending.error, code: failure.code }, 'export attempt failed');
  const attempts = countAttempts(task);
  if (passing && attempts < MAX_ATTEMPTS) return postponeTask(deps.db, task, 2 ** attempts);
  return failAudited(deps, task, failure);
}

/** Ends a task that nobody runs: its cancelling, or its last attempt, whose worker is gone. */
export async function settleAbandoned(deps: ExportDeps, task: ExportTask): Promise<void> {
  deps.log.warn({ taskId: task.id, attempt: task.attempt, status: task.status }, 'export was abandoned');
  if (task.status === 'CANCELING') {
    await clearAway(deps, task);
    await finishCanceling(deps.db, task);
    return;
  }
  const failed = await failAudited(deps, task, {
    code: 'WORKER_CRASHED',
    message: `The worker was lost in ${MAX_ATTEMPTS} attempts. Narrow the filter or ask the operator to look at the log.`,
    retryable: true,
  });
  if (failed) await clearAway(deps, task);
}

async function failAudited(deps: ExportDeps, task: ExportTask, failure: Failure): Promise<ExportTask | null> {
  const details = { code: failure.code };
  const failed = await changeAudited(deps.db, { actor: 'worker', action: 'fail', task, details }, (tx) =>
    failTask(tx, task, failure),
  );
  if (failed) failures.inc({ code: failure.code });
  return failed;
}
