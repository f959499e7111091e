import { type SQL, sql } from 'drizzle-orm';
import { PgDialect, type PgTable } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';
import { lockTogether } from './lock-together.ts';
import { connectReaders, SnapshotLost } from './readers.ts';
import { type Moment, momentShown, waitForMoment } from './replica.ts';
import type { SpareReaders } from './spare-readers.ts';

/**
 * Cells of an answer in PostgreSQL's binary format, which saves it counting the characters of each: text in UTF-8, `bytea`
 * as its bytes, an `integer` as four, the highest first; or null. Good until they are released.
 */
export type RawRow = readonly (Buffer | null)[];

/** A connection that reads one point in time. */
export type SnapshotReader = {
  /**
   * Runs a query and gives its rows undecoded. Queries on one reader are answered in turn. One that is asked `often` is
   * planned once, without regard to its parameters.
   */
  readonly read: (query: SQL, how?: { readonly often: boolean }) => Promise<RawRow[]>;
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
  /** Connections that were kept; those of this snapshot are, too. Not given = they are closed with it. */
  readonly spares?: SpareReaders | undefined;
  /** Statements to run first in each transaction, for example to narrow what it may see. */
  readonly prepare?: readonly SQL[];
};

type Parameters = postgres.ParameterOrJSON<never>;
const dialect = new PgDialect({ casing: 'snake_case' });

/**
 * Takes a snapshot on connections of its own, all `REPEATABLE READ READ ONLY`.
 * @throws when the database cannot be reached, a replica lags too far, or `signal` is aborted.
 */
export async function openSnapshot(url: string, options: SnapshotOptions): Promise<Snapshot> {
  const { signal, since, spares } = options;
  signal.throwIfAborted();
  const { name, readers: count } = options;
  const connected = await (spares?.take ?? connectReaders)(url, count, name, signal);
  const running = new Set<{ readonly cancel: () => void }>();
  let failed = false;
  const cancelAll = () => {
    for (const query of running) query.cancel();
  };
  signal.addEventListener('abort', cancelAll);
  const close = async () => {
    signal.removeEventListener('abort', cancelAll);
    const reusable = !failed && running.size === 0 && !signal.aborted;
    await (reusable && spares ? spares.keep(connected) : connected.end());
  };

  const toReader = (connection: postgres.ReservedSql): SnapshotReader => ({
    read: async (query, { often } = { often: false }) => {
      signal.throwIfAborted();
      connected.lost.throwIfAborted();
      const { sql, params } = dialect.sqlToQuery(query);
      const how = { prepare: often, binary: true };
      const pending = connection.unsafe(sql, params as Parameters[], how).raw();
      running.add(pending);
      try {
        return await pending;
      } catch (error) {
        failed = true;
        signal.throwIfAborted();
        throw error;
      } finally {
        running.delete(pending);
      }
    },
  });

  try {
    const [one, ...more] = connected.connections;
    const [first, ...others] = [toReader(one), ...more.map(toReader)] as const;
    const readers = [first, ...others] as const;
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
      release: connected.release,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    failed = true;
    await close();
    throw error;
  }
}
