import { randomInt, randomUUID } from 'node:crypto';
import postgres from 'postgres';

/** What is at the other end of a URL. */
export type Endpoint =
  /** A pooler that does not keep together what was asked for. */
  | { readonly kind: 'pooler' }
  | {
      readonly kind: 'server';
      /** The cluster and the database in it; the same on a streaming replica. */
      readonly database: string;
      /** The running server; another one on a replica. */
      readonly server: string;
      readonly isReplica: boolean;
    };

/** What a user of the URL relies on: that PostgreSQL keeps for it a session, or at least a transaction. */
export type Unit = 'session' | 'transaction';

/** How long a session may take to hear what another one has said. */
const HEARING_MS = 5_000;
/** What PgBouncer says, and others after it, of a setting that they would have to keep. */
const POOLERS_WORDS = /unsupported startup parameter/i;

/**
 * Finds out what a URL leads to.
 *
 * A session keeps the settings that it was begun with. A pooler refuses those that it does not know, or drops them: its
 * sessions with the server began before. So asking for one, of a value that nobody else asks for, tells them apart at
 * once and every time, however busy a pool is and whichever of its connections it hands out. One that does not even keep
 * a transaction hangs up in the middle of it.
 * @throws when the database cannot be reached.
 */
export async function inspectEndpoint(url: string, unit: Unit): Promise<Endpoint> {
  const idle_session_timeout = randomInt(1_000_000, 100_000_000); // ms
  const client = open(url, unit === 'session' ? { idle_session_timeout } : {});
  try {
    const [row] = await client.begin(
      (tx) => tx<Facts[]>`
      select
        (select system_identifier from pg_control_system()) || ' ' || current_database() as database,
        extract(epoch from pg_postmaster_start_time())::text as server,
        pg_is_in_recovery() as "isReplica",
        (select setting::float8 from pg_settings where name = 'idle_session_timeout') as "idleMs"`,
    );
    if (!row) throw new Error('The database says nothing of itself.');
    const { idleMs, ...facts } = row;
    if (unit === 'session' && idleMs !== idle_session_timeout) return { kind: 'pooler' };
    return { kind: 'server', ...facts };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (POOLERS_WORDS.test(error.message)) return { kind: 'pooler' };
    if ('code' in error && error.code === 'CONNECTION_CLOSED' && (await answers(url)))
      return { kind: 'pooler' };
    throw error;
  } finally {
    await client.end({ timeout: 1 });
  }
}

/** Whether single statements get through. */
async function answers(url: string): Promise<boolean> {
  const client = open(url);
  try {
    await client`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await client.end({ timeout: 1 });
  }
}

type Facts = { database: string; server: string; isReplica: boolean; idleMs: number };

/**
 * Whether a session on `listenUrl` hears what is said on `url`. Silent behind a pooler in transaction mode, also one that
 * passes settings on: the session that listens is not the one that was asked to.
 * @throws when the database cannot be reached.
 */
export async function hears(listenUrl: string, url: string, ms: number = HEARING_MS): Promise<boolean> {
  const channel = `customer_export_${randomUUID()}`;
  const listener = open(listenUrl);
  const speaker = open(url);
  let timer: NodeJS.Timeout | undefined;
  try {
    const heard = Promise.withResolvers<boolean>();
    await listener.listen(channel, () => heard.resolve(true));
    timer = setTimeout(() => heard.resolve(false), ms);
    await speaker`select pg_notify(${channel}, '')`;
    return await heard.promise;
  } finally {
    clearTimeout(timer);
    await Promise.all([listener.end({ timeout: 1 }), speaker.end({ timeout: 1 })]);
  }
}

function open(url: string, settings: { readonly idle_session_timeout?: number } = {}): postgres.Sql {
  return postgres(url, {
    max: 1,
    connect_timeout: 10,
    backoff: () => 0.25,
    prepare: false,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: 'customer-export setup', ...settings },
  });
}
