import { eq, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/client.ts';
import { exports } from '../db/tables.ts';
import { isHeld } from './holds.ts';
import { readTask } from './task/row.ts';
import { attemptsOf, isDue } from './task/store.ts';
import { type ExportTask, MAX_ATTEMPTS } from './task.ts';

/**
 * Waiting tasks, each with its turn: one more than its brand has tasks that run or stand before it. Lower turns start
 * first, and older tasks within a turn. So brands take turns: one with a thousand tasks makes another one wait for
 * a single slot, and alone it has them all.
 */
const line = sql`
  select id, brand, created_at, turn
  from (
    select id, brand, status, created_at,
      row_number() over (partition by brand order by status = 'CREATED', created_at, id) as turn
    from exports where status in ('CREATED', 'RUNNING')
  ) unfinished
  where status = 'CREATED'`;

/** Where the task stands in line, from 1, which starts next; null once it has left the line. */
export async function findQueuePosition(
  db: Database | Transaction,
  task: Pick<ExportTask, 'id' | 'status'>,
): Promise<number | null> {
  if (task.status !== 'CREATED') return null;
  const [row] = await db.execute<{ place: string }>(sql`
    select place from (select id, row_number() over (order by turn, created_at, id) as place from (${line}) line) places
    where id = ${task.id}`);
  return row ? Number(row.place) : null;
}

/**
 * The task to run next: one of `orphans`, whose workers are gone or whose retries are due, else the first in line; of no
 * brand among `fullBrands`, and of none that somebody runs. Null when there is none.
 */
export async function findNextTask(
  db: Database,
  { orphans, fullBrands }: { readonly orphans: readonly string[]; readonly fullBrands: readonly string[] },
): Promise<ExportTask | null> {
  const [row] = await db
    .select()
    .from(exports)
    .where(
      eq(
        exports.id,
        sql`(
          select id from (
            select id, brand, created_at, 0 as turn from exports
              where id = any(${sql.param(orphans)}::uuid[]) and status = 'RUNNING' and ${isDue}
                and ${attemptsOf} < ${MAX_ATTEMPTS}
            union all ${line}
          ) startable
          where brand <> all(${sql.param(fullBrands)}::text[]) and not ${isHeld(sql`id`)}
          order by turn, created_at, id limit 1)`,
      ),
    );
  return row ? readTask(row) : null;
}

/** Tasks that were begun and that nobody runs at this moment, but for those that wait for a retry. */
export async function findUnheldTasks(db: Database): Promise<ExportTask[]> {
  const rows = await db
    .select()
    .from(exports)
    .where(sql`status in ('RUNNING', 'CANCELING') and ${isDue} and not ${isHeld(exports.id)}`);
  return rows.map(readTask);
}
