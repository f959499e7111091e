import { type SQL, sql } from 'drizzle-orm';
import { openSnapshot, type RawRow, type Snapshot } from '../db/snapshot.ts';
import { customers } from '../db/tables.ts';
import type { CustomerFilter } from './filter.ts';
import { customerWhere, type KeyRange } from './filter-where.ts';
import { selectLines } from './line.ts';
import { parseSelection } from './selection.ts';

/** Whole lines, each ended by a line feed. */
export type Chunk = { readonly bytes: Uint8Array; readonly lines: number };

/** The lines of all customers that a filter matches at one point in time. */
export type CustomerLines = AsyncDisposable & {
  /** How many there are. */
  readonly total: number;
  /** The instant of the snapshot. */
  readonly transactionTime: Date;
  /** In order of boosterCustomerId; to be read once. Reading slower makes the database wait. */
  readonly chunks: AsyncIterable<Chunk>;
};

export type ReadOptions = {
  readonly filter: CustomerFilter;
  /** A selection set on `Customer`, as text. */
  readonly selection: string;
  /** How the connections name themselves in pg_stat_activity. */
  readonly name: string;
  readonly signal: AbortSignal;
};

/** Two connections read 1.5 times as fast as one, four hardly faster than two (docs/decisions/0003). */
const READERS = 2;
/** Asked of each connection ahead of time, so that it is never without work while chunks are written in order. */
const AHEAD = 2;
/** Key ranges are cut after this many matching customers, and read several at a time … */
const GRAIN = 250;
const MAX_GRAINS = 16;
/** … as many as make a chunk of about this size: lines differ from 20 bytes to megabytes. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Takes a snapshot and finds out what matches; reads the lines as `chunks` is read.
 * @throws when the database cannot be reached, or `signal` is aborted: then promptly, cancelling what runs.
 */
export async function readCustomerLines(databaseUrl: string, options: ReadOptions): Promise<CustomerLines> {
  const { filter, name, signal } = options;
  const snapshot = await openSnapshot(databaseUrl, { readers: READERS, name, signal });
  try {
    const { total, cuts } = await measure(snapshot, filter);
    return {
      total,
      transactionTime: snapshot.transactionTime,
      chunks: readChunks(snapshot, { total, cuts }, chunkQuery(filter, options.selection)),
      [Symbol.asyncDispose]: () => snapshot[Symbol.asyncDispose](),
    };
  } catch (error) {
    await snapshot[Symbol.asyncDispose]();
    throw error;
  }
}

type Extent = {
  readonly total: number;
  /** The key of every GRAINth matching customer. */
  readonly cuts: readonly number[];
};

async function measure(snapshot: Snapshot, filter: CustomerFilter): Promise<Extent> {
  const [row] = await snapshot.readers[0].read(sql`
    select count(*), string_agg(id::text, ',' order by n) filter (where n % ${sql.raw(`${GRAIN}`)} = 0)
    from (
      select ${customers.boosterCustomerId} as id, row_number() over (order by ${customers.boosterCustomerId}) as n
      from ${customers} where ${customerWhere(filter)}
    ) matched`);
  const cuts = row?.[1] ? row[1].toString().split(',').map(Number) : [];
  return { total: Number(row?.[0]), cuts };
}

function chunkQuery(filter: CustomerFilter, selection: string): (range: KeyRange) => SQL {
  const selected = parseSelection(selection);
  return (range) => {
    const matched = sql`select * from ${customers} where ${customerWhere(filter, range)}`;
    return sql`select count(*), string_agg(line, e'\\n') || e'\\n' from (${selectLines(selected, matched)}) lines`;
  };
}

async function* readChunks(
  { readers }: Snapshot,
  { total, cuts }: Extent,
  query: (range: KeyRange) => SQL,
): AsyncGenerator<Chunk> {
  let first = 0; // the grain that the next range begins with
  let grains = 1;
  const grainsInAll = Math.ceil(total / GRAIN);
  const asked: { readonly rows: Promise<RawRow[]>; readonly lines: number; readonly ask: () => void }[] = [];

  for (const reader of Array.from({ length: AHEAD }, () => readers).flat()) {
    const ask = () => {
      if (first >= grainsInAll) return;
      const next = Math.min(first + grains, grainsInAll);
      const last = next === grainsInAll;
      const rows = reader.read(
        query({ after: cuts[first - 1] ?? null, upTo: last ? null : (cuts[next - 1] ?? null) }),
      );
      rows.catch(() => {}); // told when its turn comes
      asked.push({ rows, lines: (last ? total : next * GRAIN) - first * GRAIN, ask });
      first = next;
    };
    ask();
  }
  for (let chunk = asked.shift(); chunk; chunk = asked.shift()) {
    const [row] = await chunk.rows;
    const [count, bytes] = row ?? [];
    // Both sides count in the same snapshot: a difference is a fault of ours, and no file is better than a wrong one.
    if (Number(count) !== chunk.lines || !bytes) throw new Error(`Read ${count} lines for ${chunk.lines}.`);
    grains = Math.min(
      MAX_GRAINS,
      Math.max(1, Math.floor((CHUNK_BYTES * chunk.lines) / bytes.byteLength / GRAIN)),
    );
    chunk.ask();
    yield { bytes, lines: chunk.lines };
  }
}
