import { and, asc, count, desc, eq, inArray, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/client.ts';
import { ring } from '../db/notifications.ts';
import { exports } from '../db/tables.ts';
import { type Compression, type ExportTask, type Failure, MAX_ATTEMPTS, type Status } from './task.ts';
import { readTask } from './task-row.ts';

/** All SQL of the task row. Every change is one guarded UPDATE; no row back means "no longer mine". */

type Db = Database | Transaction;
type Changes = Parameters<ReturnType<Db['update']>['set']>[0];

export type NewTask = {
  readonly brand: string;
  readonly requestedBy: string;
  readonly downloadRequestId: string;
  readonly fingerprint: string;
  readonly filter: unknown;
  readonly selection: string;
  readonly compression: Compression;
};

/** Adds the task, or finds the one that the same caller, brand and downloadRequestId already have. */
export async function insertTask(
  tx: Transaction,
  task: NewTask,
): Promise<{ task: ExportTask; created: boolean }> {
  const [inserted] = await tx.insert(exports).values(task).onConflictDoNothing().returning();
  if (inserted) return { task: readTask(inserted), created: true };
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

/** The tasks that exist among these ids, in no particular order. */
export async function findTasks(db: Db, ids: readonly string[]): Promise<ExportTask[]> {
  const rows = await db
    .select()
    .from(exports)
    .where(sql`${exports.id} = any(${sql.param(ids)}::uuid[])`);
  return rows.map(readTask);
}

/** How many tasks stand before this one, itself included; null once it has left the queue. */
export async function findQueuePosition(db: Db, task: ExportTask): Promise<number | null> {
  if (task.status !== 'CREATED') return null;
  const [row] = await db
    .select({ ahead: count() })
    .from(exports)
    .where(
      and(
        eq(exports.status, 'CREATED'),
        lte(exports.createdAt, sql`(select created_at from exports where id = ${task.id})`),
      ),
    );
  return Math.max(1, row?.ahead ?? 1);
}

export type TaskScope = {
  /** null = every owner's. */
  readonly requestedBy: string | null;
  /** `*` = every brand. */
  readonly brands: '*' | readonly string[];
  readonly statuses: readonly Status[] | null;
};

export type TaskPage = { readonly createdAt: Date; readonly id: string };

/** Tasks of a scope, newest first, from just after `after` (or, going back, from just before `before`). */
export async function listTasks(
  db: Db,
  scope: TaskScope,
  page: {
    readonly limit: number;
    readonly after?: string | null;
    readonly before?: string | null;
    readonly backward?: boolean;
  },
): Promise<ExportTask[]> {
  const position = (id: string) => sql`(select (created_at, id) from exports where id = ${id})`;
  const here = sql`(${exports.createdAt}, ${exports.id})`;
  const conditions: (SQL | undefined)[] = [
    scopeCondition(scope),
    page.after ? sql`${here} < ${position(page.after)}` : undefined,
    page.before ? sql`${here} > ${position(page.before)}` : undefined,
  ];
  const order = page.backward ? asc : desc;
  const rows = await db
    .select()
    .from(exports)
    .where(and(...conditions))
    .orderBy(order(exports.createdAt), order(exports.id))
    .limit(page.limit);
  return (page.backward ? rows.reverse() : rows).map(readTask);
}

/** How many tasks a scope has. */
export async function countTasks(db: Db, scope: TaskScope): Promise<number> {
  const [row] = await db.select({ total: count() }).from(exports).where(scopeCondition(scope));
  return row?.total ?? 0;
}

function scopeCondition(scope: TaskScope): SQL | undefined {
  return and(
    scope.requestedBy === null ? undefined : eq(exports.requestedBy, scope.requestedBy),
    scope.brands === '*' ? undefined : sql`${exports.brand} = any(${sql.param(scope.brands)}::text[])`,
    scope.statuses === null ? undefined : inArray(exports.status, [...scope.statuses]),
  );
}

/** Starts the next attempt: of a new task, or of one whose worker is gone. Null when it is not to be run. */
export function claimTask(db: Db, id: string): Promise<ExportTask | null> {
  return change(
    db,
    and(
      eq(exports.id, id),
      inArray(exports.status, ['CREATED', 'RUNNING']),
      lt(sql`${exports.attempt} - ${exports.returns}`, MAX_ATTEMPTS),
    ),
    {
      status: 'RUNNING',
      attempt: sql`${exports.attempt} + 1`,
      startedAt: sql`coalesce(${exports.startedAt}, clock_timestamp())`,
      objectCount: 0,
      totalObjectCount: null,
      transactionTime: null,
      objectsPerSecond: null,
      estimatedCompletionAt: null,
    },
  );
}

/** Who holds a task: one attempt of it. */
export type Claim = Pick<ExportTask, 'id' | 'attempt'>;

export type ProgressReport = Partial<
  Pick<
    ExportTask,
    'objectCount' | 'totalObjectCount' | 'transactionTime' | 'objectsPerSecond' | 'estimatedCompletionAt'
  >
> & { readonly progress?: number };

/** Records how far an attempt is. `progress` never falls, also not when a new attempt starts over. */
export function recordProgress(db: Db, claim: Claim, report: ProgressReport): Promise<ExportTask | null> {
  const { progress = 0, ...columns } = report;
  return change(db, heldBy(claim, ['RUNNING']), {
    ...columns,
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
  return change(db, heldBy(claim, ['RUNNING']), {
    ...file,
    status: 'COMPLETED',
    totalObjectCount: file.objectCount,
    progress: 100,
    estimatedCompletionAt: null,
    completedAt: sql`clock_timestamp()`,
    expiresAt: sql`clock_timestamp() + make_interval(hours => ${retentionHours}::int)`,
  });
}

/** Gives a running task back to the queue. An orderly stop does not count as an attempt. */
export function returnTask(
  db: Db,
  claim: Claim,
  { orderly }: { readonly orderly: boolean },
): Promise<ExportTask | null> {
  return change(db, heldBy(claim, ['RUNNING']), {
    status: 'CREATED',
    returns: orderly ? sql`${exports.returns} + 1` : sql`${exports.returns}`,
    objectsPerSecond: null,
    estimatedCompletionAt: null,
  });
}

/** Ends a task that cannot be done, whichever attempt says so. */
export function failTask(db: Db, claim: Claim, failure: Failure): Promise<ExportTask | null> {
  return change(db, heldBy(claim, ['CREATED', 'RUNNING']), {
    status: 'FAILED',
    failureCode: failure.code,
    failureMessage: failure.message,
    failureRetryable: failure.retryable,
    estimatedCompletionAt: null,
    completedAt: sql`clock_timestamp()`,
  });
}

/** Asks a task to stop: at once while it waits, through CANCELING while a worker runs it. */
export function cancelTask(db: Db, id: string, requestedBy: string): Promise<ExportTask | null> {
  return change(db, and(eq(exports.id, id), inArray(exports.status, ['CREATED', 'RUNNING'])), {
    status: sql`case when ${exports.status} = 'CREATED' then 'CANCELED' else 'CANCELING' end`,
    completedAt: sql`case when ${exports.status} = 'CREATED' then clock_timestamp() end`,
    estimatedCompletionAt: null,
    cancelRequestedBy: requestedBy,
  });
}

/** The worker's answer to CANCELING: it has stopped and left nothing behind. */
export function finishCanceling(db: Db, id: string): Promise<ExportTask | null> {
  return change(db, and(eq(exports.id, id), eq(exports.status, 'CANCELING')), {
    status: 'CANCELED',
    objectsPerSecond: null,
    completedAt: sql`clock_timestamp()`,
  });
}

/** Lets go of a finished task's file; the caller removes the object that `fileKey` named. */
export function expireTask(db: Db, id: string): Promise<ExportTask | null> {
  return change(db, and(eq(exports.id, id), eq(exports.status, 'COMPLETED')), {
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

/** The one way a task changes: guarded, numbered, and with the doorbell in the same transaction. */
async function change(db: Db, guard: SQL | undefined, changes: Changes): Promise<ExportTask | null> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .update(exports)
      .set({ ...changes, version: sql`${exports.version} + 1` })
      .where(guard)
      .returning();
    if (!row) return null;
    await ring(tx, row.id);
    return readTask(row);
  });
}
