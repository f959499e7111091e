import { inArray, or, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { exports } from '../../db/tables.ts';
import { type Status, statuses, unfinished } from '../task.ts';

/** A task's state in short. */
export type Head = { readonly id: string; readonly version: number; readonly status: Status };

/**
 * The heads of all tasks that may have changed: those that are not finished, those created in the last `seconds`,
 * and those asked for by id.
 */
export async function listHeads(db: Database, ids: readonly string[], seconds: number): Promise<Head[]> {
  const rows = await db
    .select({ id: exports.id, version: exports.version, status: exports.status })
    .from(exports)
    .where(
      or(
        inArray(exports.status, [...unfinished]),
        sql`${exports.createdAt} > now() - make_interval(secs => ${seconds}::float8)`,
        sql`${exports.id} = any(${sql.param(ids)}::uuid[])`,
      ),
    );
  return rows.flatMap(({ status, ...head }) => {
    const known = statuses.find((candidate) => candidate === status);
    return known ? [{ ...head, status: known }] : [];
  });
}
