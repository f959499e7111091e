import { setTimeout as delay } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './client.ts';

/** An instant of the primary, so that a replica can be told whether it shows what was committed before it. */
export type Moment = {
  /** RFC 3339 with microseconds. */
  readonly at: string;
  /** What was committed before `at` lies before this place in the log of changes. */
  readonly lsn: string;
  /** The primary. */
  readonly server: string;
};

/** A connection to it, before its transaction. */
type Replica = { readonly read: (query: SQL) => Promise<readonly (readonly (Buffer | null)[])[]> };

/** How long a replica may take to come up to a moment: it lags by less, or an export had better be tried later. */
const REPLAY_MS = 30_000;
const LOOK_MS = 50;

/** Notes this moment, in a small commit of its own: only what is on the disk is sent to replicas. */
export function noteMoment(db: Database): Promise<Moment> {
  return db.transaction(async (tx) => {
    const [now] = await tx.execute<Pick<Moment, 'at' | 'server'>>(sql`
      select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, ${server} as server,
        set_config('synchronous_commit', 'local', true)`);
    const [mark] = await tx.execute<Pick<Moment, 'lsn'>>(sql`
      select pg_logical_emit_message(true, 'customer_export', '')::text as lsn`);
    if (!now || !mark) throw new Error('The database does not say where it is.');
    return { at: now.at, server: now.server, lsn: mark.lsn };
  });
}

/**
 * Waits until the replica shows all that was committed before the moment. The primary itself does already.
 * @throws {ReplicaUnfit} when it does not in time, or is no replica of this primary any more.
 */
export async function waitForMoment(
  replica: Replica,
  moment: Moment,
  signal: AbortSignal,
  ms: number = REPLAY_MS,
): Promise<void> {
  const deadline = performance.now() + ms;
  for (;;) {
    const [row] = await replica.read(sql`
      select case
        when pg_is_in_recovery() then (pg_last_wal_replay_lsn() >= ${moment.lsn}::pg_lsn)::text
        when ${server} = ${moment.server} then 'true'
        end`);
    const shows = row?.[0]?.toString();
    if (shows === 'true') return;
    if (shows === undefined)
      throw new ReplicaUnfit('The replica is one no more, and not the primary either.');
    if (performance.now() > deadline) throw new ReplicaUnfit(`The replica lags by more than ${ms / 1000} s.`);
    await delay(LOOK_MS, undefined, { signal });
  }
}

/** The instant that the data of a statement on the replica shows. */
export function momentShown({ at }: Moment) {
  // Nothing was committed between the last commit that it has and the moment, or it would have that one too.
  return sql`case when pg_is_in_recovery() then greatest(${at}::timestamptz, pg_last_xact_replay_timestamp())
    else statement_timestamp() end`;
}

/** The time a server was started tells it from all others. */
const server = sql`extract(epoch from pg_postmaster_start_time())::text`;

/** The replica cannot be read now. Passing: another attempt may find it fit again. */
export class ReplicaUnfit extends Error {
  override name = 'ReplicaUnfit';
  /** What a server says that is not ready yet. */
  readonly code = '57P03';
}
