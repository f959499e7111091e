import { sql } from 'drizzle-orm';
import { type ReadScope, restriction } from '../db/row-security.ts';
import { openSnapshot, type RawRow, type Snapshot, type SnapshotReader } from '../db/snapshot.ts';
import {
  customerHobbies,
  customerInterests,
  customerLines,
  customerProductCollections,
  customers,
  pointsOfSale,
  transactions,
} from '../db/tables.ts';
import { builtChunk, type ChunkQuery, storedChunk } from './chunk-query.ts';
import type { CustomerFilter } from './filter.ts';
import { type Conditions, customerWhere, type KeyRange } from './filter-where.ts';
import { defaultSelection, parseSelection, printSelection } from './selection.ts';

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
  /** Whose customers may be read at all, whatever the filter says. */
  readonly scope: ReadScope;
  /** How the connections name themselves in pg_stat_activity. */
  readonly name: string;
  readonly signal: AbortSignal;
};

/** Two connections read 1.5 times as fast as one, four hardly faster than two (docs/decisions/0003). */
const READERS = 2;
/** Asked of each connection ahead of time, so that it is never without work while chunks are written in order. */
const AHEAD = 2;
/** Key ranges are cut after this many matching customers, and read several at a time … */
const GRAIN = 50;
const MAX_GRAINS = 80;
/**
 * … as many as make a chunk of about this size, to judge by the one before. Lines differ from 20 bytes to megabytes,
 * and a chunk is one value, in PostgreSQL and here: so the first are a single range, and ranges are small.
 */
const CHUNK_BYTES = 1024 * 1024;

// The planner cannot know how many customers a combination of filters leaves, and a nested loop that it chooses for
// three of them puts a list together again for each of three thousand.
const noNestedLoops = sql`set local enable_nestloop = off`;

/** All that lines and filters are read from. */
const tables = [
  customers,
  pointsOfSale,
  customerInterests,
  customerHobbies,
  customerProductCollections,
  transactions,
  customerLines,
] as const;

/**
 * Takes a snapshot and finds out what matches; reads the lines as `chunks` is read.
 * @throws when the database cannot be reached, or `signal` is aborted: then promptly, cancelling what runs.
 */
export async function readCustomerLines(databaseUrl: string, options: ReadOptions): Promise<CustomerLines> {
  const { scope, name, signal } = options;
  const snapshot = await openSnapshot(databaseUrl, {
    readers: READERS,
    tables,
    name,
    signal,
    prepare: [noNestedLoops, restriction(scope)],
  });
  try {
    const conditions = await simplify(snapshot, options.filter);
    const extent = await measure(snapshot, conditions);
    const selection = parseSelection(options.selection);
    const queries = [builtChunk(conditions, selection)];
    if (printSelection(selection) === printSelection(defaultSelection))
      queries.unshift(storedChunk(conditions));
    return {
      total: extent.total,
      transactionTime: snapshot.transactionTime,
      chunks: readChunks(snapshot, extent, queries),
      [Symbol.asyncDispose]: () => snapshot[Symbol.asyncDispose](),
    };
  } catch (error) {
    await snapshot[Symbol.asyncDispose]();
    throw error;
  }
}

/** A list of all POS codes of the brand says nothing, and every customer has one of them. */
async function simplify(snapshot: Snapshot, filter: CustomerFilter): Promise<Conditions> {
  const { posCodes, ...others } = filter;
  const [row] = await snapshot.readers[0].read(sql`select exists (
    select from ${pointsOfSale} where ${pointsOfSale.brand} = ${filter.brand}
      and ${pointsOfSale.posCode} <> all(${sql.param(posCodes)}::text[]))`);
  return row?.[0]?.toString() === 'f' ? others : filter;
}

type Extent = {
  readonly total: number;
  /** The key of every GRAINth matching customer. */
  readonly cuts: readonly number[];
};

async function measure(snapshot: Snapshot, conditions: Conditions): Promise<Extent> {
  const [row] = await snapshot.readers[0].read(sql`
    select count(*), string_agg(id::text, ',' order by n) filter (where n % ${sql.raw(`${GRAIN}`)} = 0)
    from (
      select ${customers.boosterCustomerId} as id, row_number() over (order by ${customers.boosterCustomerId}) as n
      from ${customers} where ${customerWhere(conditions)}
    ) matched`);
  const cuts = row?.[1] ? row[1].toString().split(',').map(Number) : [];
  return { total: Number(row?.[0]), cuts };
}

/** Reads ranges on all connections at once and gives them in order. */
async function* readChunks(
  { readers }: Snapshot,
  { total, cuts }: Extent,
  queries: readonly ChunkQuery[],
): AsyncGenerator<Chunk> {
  const grainsInAll = Math.ceil(total / GRAIN);
  let first = 0; // the grain that the next range begins with
  let grains = 1;
  const asked: { readonly chunk: Promise<Chunk>; readonly reader: SnapshotReader }[] = [];

  const ask = (reader: SnapshotReader) => {
    if (first === grainsInAll) return;
    const next = Math.min(first + grains, grainsInAll);
    const last = next === grainsInAll;
    const range = { after: cuts[first - 1] ?? null, upTo: last ? null : (cuts[next - 1] ?? null) };
    const lines = (last ? total : next * GRAIN) - first * GRAIN;
    const chunk = readChunk(reader, queries, range, lines);
    chunk.catch(() => {}); // told when its turn comes
    asked.push({ chunk, reader });
    first = next;
  };

  for (let i = 0; i < AHEAD; i++) for (const reader of readers) ask(reader);
  for (let next = asked.shift(); next; next = asked.shift()) {
    const { bytes, lines } = await next.chunk;
    const fitting = Math.floor((CHUNK_BYTES * lines) / bytes.byteLength / GRAIN);
    grains = Math.min(MAX_GRAINS, Math.max(1, fitting));
    ask(next.reader);
    yield { bytes, lines };
  }
}

/** Asks the first query that gives all the lines there are. */
async function readChunk(
  reader: SnapshotReader,
  queries: readonly ChunkQuery[],
  range: KeyRange,
  lines: number,
): Promise<Chunk> {
  let row: RawRow | undefined;
  for (const query of queries) {
    [row] = await reader.read(query(range));
    const [count, bytes] = row ?? [];
    if (Number(count) === lines && bytes) return { bytes, lines };
  }
  // All of it is one snapshot: a difference is a fault of ours, and no file is better than a wrong one.
  throw new Error(`Read ${row?.[0]} lines where ${lines} match.`);
}
