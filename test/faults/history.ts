import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';
import { type ExportTask, moves } from '../../src/exports/task.ts';

/*
 * Every change of every task, remembered by a trigger: when it was, and which process made it. A process is known by a
 * number that its sessions carry, so that a late write is seen even where the row does not tell it from a good one.
 */

/** Begins to remember. */
export async function keepHistory(db: Database): Promise<void> {
  await db.execute(sql`
    create table history as
    select clock_timestamp() as at, 0 as process, id, status, attempt, returns, version, object_count, progress
    from exports`);
  await db.execute(sql`
    create function remember() returns trigger language plpgsql as $$ begin
      insert into history values (clock_timestamp(), nullif(current_setting('faults.process', true), '')::int,
        new.id, new.status, new.attempt, new.returns, new.version, new.object_count, new.progress);
      return null;
    end $$`);
  await db.execute(sql`
    create trigger remember after insert or update on exports for each row execute function remember()`);
}

/** The database's URL for a process of this number. */
export function urlFor(process: number, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('options', `-c faults.process=${process}`);
  return url.href.replaceAll('+', '%20'); // not every client knows the plus
}

/** The first change of each attempt: its claim, made by the process that runs it. */
const claims = sql`(
  select distinct on (id, attempt) id, attempt, at, process from history order by id, attempt, version)`;

export type Claimed = { readonly id: string; readonly attempt: number; readonly process: number };

/** The attempts that are under way. */
export async function findRunning(db: Database): Promise<Claimed[]> {
  return db.execute<Claimed>(sql`
    select id, attempt, process from ${claims} claims join exports using (id, attempt) where status = 'RUNNING'`);
}

/** How long after `at` (of the database) other attempts began of what this process had in hand, in ms. */
export async function takeoversFrom(db: Database, process: number, at: Date): Promise<number[]> {
  const rows = await db.execute<{ ms: number }>(sql`
    select (extract(epoch from next.at - ${at.toISOString()}::timestamptz) * 1000)::float8 as ms
    from ${claims} had join ${claims} next on next.id = had.id and next.attempt = had.attempt + 1
    where had.process = ${process}::int and next.at > ${at.toISOString()}::timestamptz`);
  return rows.map(({ ms }) => ms);
}

/** Progress, publications and returns that another process wrote than the one that runs the attempt. */
export async function countLateWrites(db: Database): Promise<number> {
  const [row] = await db.execute<{ count: string }>(sql`
    select count(*) from history join ${claims} claims using (id, attempt)
    where status in ('CREATED', 'RUNNING', 'COMPLETED') and history.process is distinct from claims.process`);
  return Number(row?.count);
}

/** Tasks that became COMPLETED more than once. */
export async function countDoublePublications(db: Database): Promise<number> {
  const rows = await db.execute(sql`
    select id from history where status = 'COMPLETED' group by id having count(*) > 1`);
  return rows.length;
}

type Step = {
  readonly id: string;
  readonly status: ExportTask['status'];
  readonly attempt: number;
  readonly returns: number;
  readonly version: number;
  readonly object_count: number;
  readonly progress: number;
};

/** Steps that no task may take, in words. */
export async function findSetbacks(db: Database): Promise<string[]> {
  const steps = await db.execute<Step>(sql`
    select id, status, attempt, returns, version::int, object_count, progress from history order by id, version, at`);
  return steps.flatMap((step, at) => {
    const before = steps[at - 1];
    if (before?.id !== step.id) return [];
    const wrong: string[] = [];
    const say = (what: string) => wrong.push(`${step.id} version ${step.version}: ${what}`);
    if (step.version !== before.version + 1) say(`after ${before.version}`);
    if (step.attempt < before.attempt) say('attempt fell');
    if (step.progress < before.progress) say('progress fell');
    if (step.status !== before.status && !moves[before.status].includes(step.status)) {
      say(`${before.status} became ${step.status}`);
    }
    const sameToCallers = step.attempt - step.returns === before.attempt - before.returns;
    if (sameToCallers && step.object_count < before.object_count) say('objectCount fell');
    return wrong;
  });
}
