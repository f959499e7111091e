import { sql } from 'drizzle-orm';
import { readerName } from '../../../src/exports/discard.ts';
import { isSuspended, type Server } from '../../support/process.ts';
import { findRunning } from '../history.ts';
import type { World } from '../world.ts';
import type { Scene, Told } from './faults.ts';

/** In this time all is taken over from a worker that is suspended, and nothing of it is left in the database. */
const TAKEOVER_MS = 20_000;
/** By then the server has ended the session by which the worker held its exports. */
const SILENCE_MS = 10_000;
/** In this time a worker that wakes up has found out. */
const AWAKE_MS = 30_000;

/** The instant by the database's clock. */
export async function now({ db }: Pick<World, 'db'>): Promise<Date> {
  const [row] = await db.execute<{ now: string }>(sql`select clock_timestamp() as now`);
  return new Date(row?.now ?? Number.NaN);
}

/** Resolves when the worker has come to the point at which it is suspended, or all these exports are done without it. */
export async function suspendWhenReached(
  { world }: Scene,
  victim: Server,
  ids: readonly string[],
): Promise<void> {
  let done = false;
  void Promise.all(ids.map((id) => world.finished(id, 60_000)))
    .finally(() => {
      done = true;
    })
    .catch(() => {});
  await until('comes to its point', 60_000, async () => done || (await isSuspended(victim)));
}

/**
 * Leaves a suspended worker so until all that it had in hand is taken over and its snapshots are gone, for longer than
 * its silence is borne in any case; then wakes it and waits until it has let go of all that is no longer its own.
 */
export async function suspendPastSilence({ world, random }: Scene, victim: Server, at: Date): Promise<Told> {
  const start = performance.now();
  const number = world.servers.indexOf(victim);
  const held = async () => (await findRunning(world.db)).filter(({ process }) => process === number);
  const had = await held();
  const names = had.map((attempt) => readerName(attempt));
  const snapshotsMs: number[] = [];
  if (had.length > 0) {
    await until('is replaced', TAKEOVER_MS, async () => (await held()).length === 0);
    await until('holds no snapshot', TAKEOVER_MS, async () => {
      const rows = await world.db.execute(sql`
        select 1 from pg_stat_activity where application_name = any(${sql.param(names)}::text[])`);
      return rows.length === 0;
    });
    snapshotsMs.push(performance.now() - start);
  }
  await random.pause(0, 2_000);
  const rest = SILENCE_MS - (performance.now() - start);
  if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  victim.signal('SIGCONT');
  await until('lets go', AWAKE_MS, async () =>
    had.every(({ id, attempt }) =>
      victim.log.some(
        (line) =>
          line['taskId'] === id &&
          line['attempt'] === attempt &&
          /^export (is no longer|completed)/.test(line.msg),
      ),
    ),
  );
  return { struck: { server: victim, at }, snapshotsMs };
}

async function until(what: string, ms: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`After ${ms} ms it is not so that the worker ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
