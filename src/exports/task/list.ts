import { and, asc, count, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { exports } from '../../db/tables.ts';
import type { ExportTask, Status } from '../task.ts';
import { readTask } from './row.ts';

type Db = Database | Transaction;

export type TaskScope = {
  /** null = every owner's. */
  readonly requestedBy: string | null;
  /** `*` = every brand. */
  readonly brands: '*' | readonly string[];
  /** Only exports that hold customers of these points of sale alone; null = of any. */
  readonly posCodes: readonly string[] | null;
  readonly statuses: readonly Status[] | null;
};

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
  const position = (id: string) => sql`(select created_at, id from exports where id = ${id})`;
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

/** The task, if it is in the scope. */
export async function findTaskWithin(db: Db, scope: TaskScope, id: string): Promise<ExportTask | null> {
  const [row] = await db
    .select()
    .from(exports)
    .where(and(eq(exports.id, id), scopeCondition(scope)));
  return row ? readTask(row) : null;
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
    scope.posCodes === null
      ? undefined
      : sql`${exports.filter} -> 'posCodes' <@ to_jsonb(${sql.param(scope.posCodes)}::text[])`,
    scope.statuses === null ? undefined : inArray(exports.status, [...scope.statuses]),
  );
}
