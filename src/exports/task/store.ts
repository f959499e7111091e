import { and, eq, getTableColumns, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { bell } from '../../db/notifications.ts';
import type { ReadScope } from '../../db/row-security.ts';
import { exports } from '../../db/tables.ts';
import {
  type Compression,
  comingFrom,
  type ExportTask,
  type Failure,
  MAX_ATTEMPTS,
  type Status,
} from '../task.ts';
import { readTask } from './row.ts';

/** All SQL of the task row. Every change is one guarded UPDATE; no row back means "no longer mine". */

type Db = Database | Transaction;
/** What a statement that changes a task gives back, ringing for it. */
const rung = { ...getTableColumns(exports), bell: bell(sql`${exports.id}::text`) };
type Changes = Parameters<ReturnType<Db['update']>['set']>[0];

export type NewTask = {
  readonly brand: string;
  readonly requestedBy: string;
  readonly downloadRequestId: string;
  readonly fingerprint: string;
  readonly filter: unknown;
  readonly selection: string;
  readonly compression: Compression;
  readonly readScope: ReadScope;
  readonly traceparent: string | null;
};

/** Adds the task, or finds the one that the same caller, brand and downloadRequestId already have. */
export async function insertTask(
  tx: Transaction,
  task: NewTask,
): Promise<{ task: ExportTask; created: boolean }> {
  const [inserted] = await tx.insert(exports).values(task).onConflictDoNothing().returning(rung);
  if (inserted) return { task: readRung(inserted), created: true };
  const [existing] = await tx
    .select()
    .from(exports)
    .where(
      and(
        eq(exports.requestedBy, task.requestedBy),
        eq(exports.brand, task.brand),
        eq(exports.downloadRequestId, task.downloadRequestId),
      ),
    );
  if (!existing) throw new Error('The export that this request collided with is gone.');
  return { task: readTask(existing), created: false };
}

/** The task, or null. */
export async function findTask(db: Db, id: string): Promise<ExportTask | null> {
  const [row] = await db.select().from(exports).where(eq(exports.id, id));
  return row ? readTask(row) : null;
}

/**
 * Makes what finds the tasks that exist among some ids, in no particular order. A gateway asks this hundreds of times a
 * second: to put the statement together anew each time would cost more than the rest of it.
 */
export function prepareFindTasks(db: Database): (ids: readonly string[]) => Promise<ExportTask[]> {
  const query = db
    .select()
    .from(exports)
    .where(sql`${exports.id} = any(${sql.placeholder('ids')}::uuid[])`)
    .prepare('find_tasks');
  return async (ids) => (await query.execute({ ids })).map(readTask);
}

/** Who holds a task: one attempt of it. */
export type Claim = Pick<ExportTask, 'id' | 'attempt'>;

/** The task's newest attempt, without anything else of it; null for an unknown task. */
export async function findAttempt(db: Db, id: string): Promise<Claim | null> {
  const [row] = await db
    .select({ id: exports.id, attempt: exports.attempt })
    .from(exports)
    .where(eq(exports.id, id));
  return row ?? null;
}

/** The task may be tried now: it does not wait after an attempt that failed. */
export const isDue = sql`(${exports.retryAt} is null or ${exports.retryAt} <= clock_timestamp())`;

/** Attempts that count against the task, as `countAttempts` counts them. */
export const attemptsOf = sql`${exports.attempt} - ${exports.returns}`;

/**
 * Starts the attempt after `claim`: of a waiting task, or of one that nobody runs any more. Only for whoever holds the
 * task (see `holds.ts`). Null when it is not to be run, or another attempt has begun meanwhile.
 */
export function claimTask(db: Db, claim: Claim): Promise<ExportTask | null> {
  return change(db, and(heldBy(claim, comingFrom('RUNNING')), isDue, lt(attemptsOf, MAX_ATTEMPTS)), {
    status: 'RUNNING',
    attempt: sql`${exports.attempt} + 1`,
    retryAt: null,
    startedAt: sql`coalesce(${exports.startedAt}, clock_timestamp())`,
    // An attempt that was given back is taken up again as the same one, and its count must not fall.
    objectCount: sql`case when ${exports.status} = 'RUNNING' then 0 else ${exports.objectCount} end`,
    totalObjectCount: null,
    transactionTime: null,
    objectsPerSecond: null,
    estimatedCompletionAt: null,
  });
}

/** Whether the attempt is still to go on. */
export async function isRunning(db: Db, claim: Claim): Promise<boolean> {
  const rows = await db
    .select({ id: exports.id })
    .from(exports)
    .where(heldBy(claim, ['RUNNING']));
  return rows.length > 0;
}

export type ProgressReport = Partial<
  Pick<
    ExportTask,
    'objectCount' | 'totalObjectCount' | 'transactionTime' | 'objectsPerSecond' | 'estimatedCompletionAt'
  >
> & { readonly progress?: number };

/** Records how far an attempt is. `progress` never falls, also not when a new attempt starts over. */
export function recordProgress(db: Db, claim: Claim, report: ProgressReport): Promise<ExportTask | null> {
  const { progress = 0, objectCount = 0, ...columns } = report;
  return change(db, heldBy(claim, ['RUNNING']), {
    ...columns,
    objectCount: sql`greatest(${exports.objectCount}, ${objectCount}::int)`,
    progress: sql`greatest(${exports.progress}, ${progress}::float8)`,
  });
}

export type PublishedFile = {
  readonly fileKey: string;
  /** Bytes as served. */
  readonly fileSize: number;
  /** Bytes before compression. */
  readonly uncompressedSize: number;
  readonly fileSha256: string;
  readonly objectCount: number;
};

/** Makes the attempt's file the task's file and the task COMPLETED, in one step. */
export function publishTask(
  db: Db,
  claim: Claim,
  file: PublishedFile,
  retentionHours: number,
): Promise<ExportTask | null> {
  return change(db, heldBy(claim, comingFrom('COMPLETED')), {
    ...file,
    status: 'COMPLETED',
    totalObjectCount: file.objectCount,
    progress: 100,
    estimatedCompletionAt: null,
    completedAt: sql`clock_timestamp()`,
    expiresAt: sql`clock_timestamp() + make_interval(hours => ${retentionHours}::int)`,
  });
}

/** Gives a running task back to the queue, because its worker stops in good order: that is not an attempt. */
export function returnTask(db: Db, claim: Claim): Promise<ExportTask | null> {
  return change(db, heldBy(claim, comingFrom('CREATED')), {
    status: 'CREATED',
    returns: sql`${exports.returns} + 1`,
    objectsPerSecond: null,
    estimatedCompletionAt: null,
  });
}

/** Lets a task wait after an attempt that failed for a passing reason. It stays RUNNING; whoever is free takes it. */
export function postponeTask(db: Db, claim: Claim, delaySeconds: number): Promise<ExportTask | null> {
  return change(db, heldBy(claim, ['RUNNING']), {
    retryAt: sql`clock_timestamp() + make_interval(secs => ${delaySeconds}::float8)`,
    objectsPerSecond: null,
    estimatedCompletionAt: null,
  });
}

/** Ends a task that cannot be done. */
export function failTask(db: Db, claim: Claim, failure: Failure): Promise<ExportTask | null> {
  return change(db, heldBy(claim, comingFrom('FAILED')), {
    status: 'FAILED',
    failureCode: failure.code,
    failureMessage: failure.message,
    failureRetryable: failure.retryable,
    objectsPerSecond: null,
    estimatedCompletionAt: null,
    completedAt: sql`clock_timestamp()`,
  });
}

/** Asks a task to stop: at once while it waits, through CANCELING while a worker runs it. */
export function cancelTask(db: Db, id: string, requestedBy: string): Promise<ExportTask | null> {
  return change(db, and(eq(exports.id, id), inArray(exports.status, ['CREATED', 'RUNNING'])), {
    status: sql`case when ${exports.status} = 'CREATED' then 'CANCELED' else 'CANCELING' end`,
    completedAt: sql`case when ${exports.status} = 'CREATED' then clock_timestamp() end`,
    // An attempt that was given back is not taken up again any more, and counts after all.
    returns: sql`${exports.returns} - (${exports.status} = 'CREATED' and ${exports.attempt} > 0)::int`,
    objectsPerSecond: null,
    estimatedCompletionAt: null,
    cancelRequestedBy: requestedBy,
  });
}

/** The answer to CANCELING of whoever ran the attempt, or swept up after it: nothing is left of it. */
export function finishCanceling(db: Db, claim: Claim): Promise<ExportTask | null> {
  return change(db, heldBy(claim, ['CANCELING']), {
    status: 'CANCELED',
    completedAt: sql`clock_timestamp()`,
  });
}

/** Lets go of a finished task's file; the caller removes the object that `fileKey` named. */
export function expireTask(db: Db, id: string): Promise<ExportTask | null> {
  return change(db, and(eq(exports.id, id), inArray(exports.status, comingFrom('EXPIRED'))), {
    status: 'EXPIRED',
    fileKey: null,
    expiresAt: sql`least(${exports.expiresAt}, clock_timestamp())`,
  });
}

function heldBy(claim: Claim, held: readonly Status[]): SQL | undefined {
  return and(
    eq(exports.id, claim.id),
    eq(exports.attempt, claim.attempt),
    inArray(exports.status, [...held]),
  );
}

/**
 * The one way a task changes: guarded, numbered, and with the doorbell, all in one statement. Between two of them a
 * process could be suspended, and would keep the row from everybody else.
 */
async function change(db: Db, guard: SQL | undefined, changes: Changes): Promise<ExportTask | null> {
  const [changed] = await db
    .update(exports)
    .set({ ...changes, version: sql`${exports.version} + 1` })
    .where(guard)
    .returning(rung);
  return changed ? readRung(changed) : null;
}

function readRung({ bell: _, ...row }: typeof exports.$inferSelect & { readonly bell: unknown }): ExportTask {
  return readTask(row);
}
