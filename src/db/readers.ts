import postgres from 'postgres';
import { LOCK_MS } from './lock-together.ts';
import { createReception } from './reception.ts';

/** Connections that read one snapshot together. */
export type Readers = {
  /** Of the database. */
  readonly url: string;
  /** When they were connected, by `performance.now()`. */
  readonly since: number;
  readonly connections: readonly [postgres.ReservedSql, ...postgres.ReservedSql[]];
  /** Aborted with a `SnapshotLost` when one of them is gone. */
  readonly lost: AbortSignal;
  /** Says that all that the connection of this cell had read before it is not needed any more: its memory is used again. */
  readonly release: (cell: Uint8Array) => void;
  /** Closes all. */
  readonly end: () => Promise<void>;
};

// A worker that stops answering (suspended machine, dead network) must not hold the snapshot, which keeps VACUUM from
// its work in the whole database: the server ends a transaction that nobody asks anything for this long. A storage
// that takes longer to accept a chunk ends the attempt too, and it starts over.
const idle_in_transaction_session_timeout = 60_000;
// The longest single query is the first one, which counts the matching customers in one pass.
const statement_timeout = 600_000;

/**
 * Opens `count` connections, at least one, that call themselves `name` in pg_stat_activity.
 * @throws when the database cannot be reached, or `signal` is aborted.
 */
export async function connectReaders(
  url: string,
  count: number,
  name: string,
  signal: AbortSignal,
): Promise<Readers> {
  const lost = new AbortController();
  const client = postgres(url, {
    max: count,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    // The library would reconnect for the next query, which would then see another point in time.
    onclose: () => lost.abort(new SnapshotLost()),
    connection: {
      application_name: name,
      idle_in_transaction_session_timeout,
      statement_timeout,
      lock_timeout: LOCK_MS,
      // Compiling a query costs more than it saves in reads of a few milliseconds.
      jit: 'off',
      // The readers work side by side already. (As text: the library leaves out what is 0.)
      max_parallel_workers_per_gather: '0',
    },
  });
  const reception = createReception();
  // TLS, and the choice between several servers, are left to the library's own sockets: their memory is not used again.
  if (!client.options.ssl && client.options.host.length === 1) {
    Object.assign(client.options, { socket: reception.socket });
  }
  const end = () => client.end({ timeout: 0 });
  // A connection that is ended before it is handed out is handed out to nobody, and the library tells nobody.
  const undone = AbortSignal.any([signal, lost.signal]);
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  givenUp.catch(() => {}); // only who waits for a connection is told
  const giveUp = () => reject(undone.reason);
  undone.addEventListener('abort', giveUp);
  try {
    const reserve = () => Promise.race([client.reserve(), givenUp]);
    const connections = await Promise.all([
      reserve(),
      ...Array.from({ length: count - 1 }, reserve),
    ] as const);
    return { url, since: performance.now(), connections, lost: lost.signal, release: reception.release, end };
  } catch (error) {
    await end();
    throw error;
  } finally {
    undone.removeEventListener('abort', giveUp);
  }
}

/** A connection of the snapshot is gone, and the point in time with it. Passing: another attempt takes a new one. */
export class SnapshotLost extends Error {
  override name = 'SnapshotLost';
  readonly code = 'CONNECTION_CLOSED';
}
