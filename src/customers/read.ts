import { sql } from 'drizzle-orm';
import type { Moment } from '../db/replica.ts';
import { type ReadScope, restriction } from '../db/row-security.ts';
import { openSnapshot, type Snapshot, type SnapshotReader } from '../db/snapshot.ts';
import type { SpareReaders } from '../db/spare-readers.ts';
import {
  customerHobbies,
  customerInterests,
  customerLines,
  customerProductCollections,
  customers,
  pointsOfSale,
  transactions,
} from '../db/tables.ts';
import { builtChunk, type ChunkQuery, type Sizes, type Stretch, storedChunk } from './chunk-query.ts';
import type { Conditions, KeyRange } from './filter/where.ts';
import type { CustomerFilter } from './filter.ts';
import { findGrains, GRAIN, type Grains } from './grains.ts';
import { defaultSelection, parseSelection, printSelection } from './selection.ts';

/** Whole lines, each ended by a line feed. The bytes are good until the next chunk is asked for. */
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
  /** When it is a replica that is read: what it has to show at least. */
  readonly since?: Moment | undefined;
  /** Of how many matches each connection remembers the keys; finding more again takes the filter once more. */
  readonly maxKeys?: number;
  /** Connections that were kept; those of this reading are, too. Not given = it opens its own, and closes them. */
  readonly spares?: SpareReaders;
  readonly signal: AbortSignal;
};

/** Two connections read 1.5 times as fast as one, four hardly faster than two (docs/decisions/0003). */
const READERS = 2;
/** Asked of each connection ahead of time, so that it is never without work while chunks are written in order. */
const AHEAD = 2;
/**
 * A stretch is of at most so many grains, whatever its size is to be. Lines differ from 20 bytes to megabytes: so the
 * first stretches are of a single grain, and grains are small.
 */
const MAX_GRAINS = 80;

/** How queries are planned. */
export const planning = [
  // The planner cannot know how many customers a combination of filters leaves, and a nested loop that it chooses for
  // three of them puts a list together again for each of three thousand.
  sql`set local enable_nestloop = off`,
  // It believes that a brand's customers are scattered over the table where brands share a range of keys, and would
  // rather look at the customers of all. By what rows cost alone it looks at the fewest.
  sql`set local seq_page_cost = 0`,
  sql`set local random_page_cost = 0`,
];

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
  const { scope, name, since, spares, signal } = options;
  const snapshot = await openSnapshot(databaseUrl, {
    readers: READERS,
    tables,
    name,
    since,
    spares,
    signal,
    prepare: [...planning, restriction(scope)],
  });
  try {
    const conditions = await simplify(snapshot, options.filter);
    const grains = await findGrains(snapshot.readers, conditions, options.maxKeys);
    const selection = parseSelection(options.selection);
    const built = builtChunk(conditions, selection);
    const isDefault = printSelection(selection) === printSelection(defaultSelection);
    const queries = isDefault ? ([storedChunk(conditions), built] as const) : ([built] as const);
    return {
      total: grains.lines(0, grains.count),
      transactionTime: snapshot.transactionTime,
      chunks: readChunks(snapshot, grains, queries),
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
      and ${pointsOfSale.posCode} <> all(${sql.param(posCodes)}::text[]))::text`);
  return row?.[0]?.toString() === 'false' ? others : filter;
}

/** Reads stretches on all connections at once and gives their pieces in order. */
async function* readChunks(
  { readers, release }: Snapshot,
  grains: Grains,
  queries: readonly [ChunkQuery, ...ChunkQuery[]],
): AsyncGenerator<Chunk> {
  let first = 0; // the grain that the next stretch begins with
  let size: StretchSize = { grains: 1, grainsOfPiece: 1 };
  const asked: { readonly pieces: Promise<Chunk[]>; readonly reader: SnapshotReader }[] = [];

  const ask = (reader: SnapshotReader) => {
    if (first === grains.count) return;
    const next = Math.min(first + size.grains, grains.count);
    const ranges: KeyRange[] = [];
    for (let from = first; from < next; from += size.grainsOfPiece) {
      ranges.push(grains.range(from, Math.min(from + size.grainsOfPiece, next)));
    }
    const stretch = { ...grains.range(first, next), pieces: ranges, keys: grains.keys(first, next) };
    const pieces = readStretch(reader, queries, stretch, grains.lines(first, next));
    pieces.catch(() => {}); // told when its turn comes
    asked.push({ pieces, reader });
    first = next;
  };

  for (let i = 0; i < AHEAD; i++) for (const reader of readers) ask(reader);
  for (let next = asked.shift(); next; next = asked.shift()) {
    const pieces = await next.pieces;
    size = sizeLike(pieces, queries[0].sizes);
    ask(next.reader);
    yield* pieces;
    const last = pieces.at(-1);
    if (last) release(last.bytes);
  }
}

type StretchSize = { readonly grains: number; readonly grainsOfPiece: number };

/** How much to ask for, when lines go on like these. */
function sizeLike(pieces: readonly Chunk[], sizes: Sizes): StretchSize {
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes.byteLength, 0);
  const lines = pieces.reduce((sum, piece) => sum + piece.lines, 0);
  const fitting = (limit: number) => Math.max(1, Math.floor((limit * lines) / bytes / GRAIN));
  return { grains: Math.min(MAX_GRAINS, fitting(sizes.stretch)), grainsOfPiece: fitting(sizes.piece) };
}

/** Asks the first query that gives all the lines there are. */
async function readStretch(
  reader: SnapshotReader,
  queries: readonly ChunkQuery[],
  stretch: Stretch,
  lines: number,
): Promise<Chunk[]> {
  let found = 0;
  for (const query of queries) {
    const rows = await reader.read(query.rows(stretch), { often: true });
    const pieces = rows.flatMap(([count, bytes]) =>
      bytes && count ? { bytes, lines: count.readInt32BE() } : [],
    );
    found = pieces.reduce((sum, piece) => sum + piece.lines, 0);
    if (found === lines) return pieces;
  }
  // All of it is one snapshot: a difference is a fault of ours, and no file is better than a wrong one.
  throw new Error(`Read ${found} lines where ${lines} match.`);
}
