import { type SQL, sql } from 'drizzle-orm';
import { PgDialect, type PgTable } from 'drizzle-orm/pg-core';
import postgres from 'postgres';
import { LOCK_MS, lockTogether } from './lock-together.ts';
import { createReception } from './reception.ts';
import { type Moment, momentShown, waitForMoment } from './replica.ts';

/**
 * Cells of an answer in PostgreSQL's binary format, which saves it counting the characters of each: text in UTF-8, `bytea`
 * as its bytes, an `integer` as four, the highest first; or null. Good until they are released.
 */
export type RawRow = readonly (Buffer | null)[];

/** A connection that reads one point in time. */
export type SnapshotReader = {
  /** Runs a query and gives its rows undecoded. Queries on one reader are answered in turn. */
  readonly read: (query: SQL) => Promise<RawRow[]>;
};

/** Several connections that all see the database as it was at `transactionTime`. */
export type Snapshot = AsyncDisposable & {
  readonly transactionTime: Date;
  readonly readers: readonly [SnapshotReader, ...SnapshotReader[]];
  /** Says that all that the reader of this cell had read before it is not needed any more: its memory is used again. */
  readonly release: (cell: Uint8Array) => void;
};

export type SnapshotOptions = {
  /** How many connections read it. */
  readonly readers: number;
  /** How they name themselves in pg_stat_activity. */
  readonly name: string;
  /**
   * What is read, locked against being altered before the snapshot is taken: none is rewritten in between, which would
   * make it look empty, and no connection waits for a change of them that another one of ours holds up.
   */
  readonly tables?: readonly PgTable[];
  /** For a replica: what it has to show at least; it is waited for. Not given = the URL leads to the primary. */
  readonly since?: Moment | undefined;
  /** Ends running queries and refuses further ones. */
  readonly signal: AbortSignal;
  /** Statements to run first in each transaction, for example to narrow what it may see. */
  readonly prepare?: readonly SQL[];
};

// A worker that stops answering (suspended machine, dead network) must not hold the snapshot, which keeps VACUUM from
// its work in the whole database: the server ends a transaction that nobody asks anything for this long. A storage
// that takes longer to accept a chunk ends the attempt too, and it starts over.
const idle_in_transaction_session_timeout = 60_000;
// The longest single query is the first one, which counts the matching customers in one pass.
const statement_timeout = 600_000;
type Parameters = postgres.ParameterOrJSON<never>;
const dialect = new PgDialect({ casing: 'snake_case' });

/**
 * Opens connections of its own on one exported snapshot, all `REPEATABLE READ READ ONLY`; closed with it.
 * @throws when the database cannot be reached, a replica lags too far, or `signal` is aborted.
 */
export async function openSnapshot(url: string, options: SnapshotOptions): Promise<Snapshot> {
  const { signal, since } = options;
  signal.throwIfAborted();
  let lost: Error | null = null;
  const { promise: undone, reject: giveUp } = Promise.withResolvers<never>();
  undone.catch(() => {}); // only who waits for a connection is told
  const client = postgres(url, {
    max: options.readers,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    // The library would reconnect for the next query, which would then see another point in time.
    onclose: () => {
      lost = new SnapshotLost();
      giveUp(lost);
    },
    connection: {
      application_name: options.name,
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
  const close = async () => {
    signal.removeEventListener('abort', cancelAll);
    await client.end({ timeout: 0 });
  };
  const running = new Set<{ readonly cancel: () => void }>();
  const cancelAll = () => {
    giveUp(signal.reason);
    for (const query of running) query.cancel();
  };
  signal.addEventListener('abort', cancelAll);

  const openReader = async (): Promise<SnapshotReader> => {
    // A connection that is ended before it is handed out is handed out to nobody, and the library tells nobody.
    const connection = await Promise.race([client.reserve(), undone]);
    return {
      read: async (query) => {
        signal.throwIfAborted();
        if (lost) throw lost;
        const { sql, params } = dialect.sqlToQuery(query);
        const pending = connection.unsafe(sql, params as Parameters[], { prepare: true, binary: true }).raw();
        running.add(pending);
        try {
          return await pending;
        } catch (error) {
          signal.throwIfAborted();
          throw error;
        } finally {
          running.delete(pending);
        }
      },
    };
  };

  try {
    const readers = await Promise.all([
      openReader(),
      ...Array.from({ length: options.readers - 1 }, openReader),
    ] as const);
    const [first, ...others] = readers;
    if (since) await waitForMoment(first, since, signal);
    await lockTogether(readers, options.tables ?? [], signal);
    const shown = since ? momentShown(since) : sql`statement_timestamp()`;
    const [row] = await first.read(sql`
      select pg_export_snapshot(), to_char((${shown}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
    const snapshot = sql.raw(`set transaction snapshot '${row?.[0]}'`);
    await Promise.all(others.map((reader) => reader.read(snapshot))).catch((cause: unknown) => {
      signal.throwIfAborted();
      // The URL's name stands for several replicas, say, of which each has snapshots of its own.
      throw new SnapshotLost('Another connection does not find the snapshot.', { cause });
    });
    for (const statement of options.prepare ?? []) {
      await Promise.all(readers.map((reader) => reader.read(statement)));
    }
    return {
      transactionTime: new Date(String(row?.[1])),
      readers,
      release: reception.release,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A connection of the snapshot is gone, and the point in time with it. Passing: another attempt takes a new one. */
export class SnapshotLost extends Error {
  override name = 'SnapshotLost';
  readonly code = 'CONNECTION_CLOSED';
}
