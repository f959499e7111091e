import { eq, type SQL, sql } from 'drizzle-orm';
import type { SnapshotReader } from '../db/snapshot.ts';
import { customers } from '../db/tables.ts';
import { type Conditions, customerWhere, type KeyRange } from './filter/where.ts';

/** So many matching customers make a grain; fewer are in the last one, and where the parts of two readers meet. */
export const GRAIN = 50;
/** Of so many matches a reader keeps all keys, 4 bytes each; of more, each grain's last one. */
export const MAX_KEYS = 500_000;

/** A PostgreSQL `integer`. */
const MIN_KEY = -(2 ** 31);
const MAX_KEY = 2 ** 31 - 1;

/** All matching customers in order of boosterCustomerId, cut into grains that are numbered from 0. */
export class Grains {
  readonly #lastKeys: readonly number[];
  readonly #linesThrough: readonly number[];
  readonly #keys: Int32Array | null;

  /** Each grain's last key, and how many customers there are up to it; the keys of all where they are known. */
  constructor(lastKeys: readonly number[], linesThrough: readonly number[], keys: Int32Array | null) {
    this.#lastKeys = lastKeys;
    this.#linesThrough = linesThrough;
    this.#keys = keys;
  }

  get count(): number {
    return this.#lastKeys.length;
  }

  /** How many customers the grains from `from` up to, and without, `to` hold. */
  lines(from: number, to: number): number {
    return (this.#linesThrough[to - 1] ?? 0) - (this.#linesThrough[from - 1] ?? 0);
  }

  /** Their keys. All grains together are all keys there are. */
  range(from: number, to: number): KeyRange {
    return {
      first: (this.#lastKeys[from - 1] ?? MIN_KEY - 1) + 1,
      last: to === this.count ? MAX_KEY : (this.#lastKeys[to - 1] ?? MAX_KEY),
    };
  }

  /** Those of the customers themselves; null where they are not known. */
  keys(from: number, to: number): number[] | null {
    return (
      this.#keys && [...this.#keys.subarray(this.#linesThrough[from - 1] ?? 0, this.#linesThrough[to - 1])]
    );
  }
}

/**
 * Finds out what matches, each reader looking through a part of the keys. A filter is asked once: what it leaves is then
 * read by its keys, unless that is very much.
 */
export async function findGrains(
  readers: readonly [SnapshotReader, ...SnapshotReader[]],
  conditions: Conditions,
  maxKeys: number = MAX_KEYS,
): Promise<Grains> {
  const { brand, posCodes, ...others } = conditions;
  // Without more conditions, a range of keys is all that is needed to find them again.
  const most = Object.keys(others).length === 0 ? 0 : maxKeys;
  const ranges = await divideKeys(readers[0], brand, readers.length);
  const parts = await Promise.all(
    ranges.map((range, i) => findPart(readers[i] ?? readers[0], partQuery(conditions, range, most), range)),
  );
  const lastKeys: number[] = [];
  const linesThrough: number[] = [];
  let before = 0;
  for (const { total, step, keys, last } of parts) {
    for (let lines = GRAIN; lines <= total; lines += GRAIN) {
      lastKeys.push(keys[lines / step - 1] ?? last);
      linesThrough.push(before + lines);
    }
    before += total;
    if (total % GRAIN !== 0) {
      lastKeys.push(last);
      linesThrough.push(before);
    }
  }
  const known = parts.every(({ step }) => step === 1) ? joinKeys(parts.map(({ keys }) => keys)) : null;
  return new Grains(lastKeys, linesThrough, known);
}

/** Cuts the brand's keys into ranges of equal length, which hold about as many customers where keys are given in turn. */
async function divideKeys(reader: SnapshotReader, brand: string, count: number): Promise<KeyRange[]> {
  const [row] = await reader.read(sql`
    select min(${customers.boosterCustomerId})::text, max(${customers.boosterCustomerId})::text
    from ${customers} where ${eq(customers.brand, brand)}`);
  const [lowest, highest] = [Number(row?.[0]), Number(row?.[1])];
  const edge = (i: number) => Math.floor(lowest + ((highest - lowest) * i) / count);
  return Array.from({ length: count }, (_, i) => ({
    first: i === 0 ? MIN_KEY : edge(i) + 1,
    last: i === count - 1 ? MAX_KEY : edge(i + 1),
  }));
}

type Part = {
  /** How many match. */
  readonly total: number;
  /** The key of every `step`th of them: 1 or GRAIN. */
  readonly keys: Int32Array;
  readonly step: number;
  /** The last key of the range. */
  readonly last: number;
};

/** Looks through a range. */
async function findPart(reader: SnapshotReader, query: SQL, range: KeyRange): Promise<Part> {
  const [row] = await reader.read(query);
  const [total, keys] = [row?.[0]?.readInt32BE() ?? 0, toKeys(row?.[1] ?? Buffer.alloc(0))];
  return { total, keys, step: keys.length === total ? 1 : GRAIN, last: range.last };
}

/** How many match in a range, and their keys or those of every GRAINth, as `integer`s one after the other. */
export function partQuery(conditions: Conditions, range: KeyRange, maxKeys: number): SQL {
  const id = customers.boosterCustomerId;
  return sql`
    select length(keys) / 4,
      case when length(keys) / 4 <= ${maxKeys} then keys else (
        select string_agg(substr(keys, 4 * n - 3, 4), '' order by n)
        from generate_series(${GRAIN}::int, length(keys) / 4, ${GRAIN}) n
      ) end
    from (
      select coalesce(string_agg(int4send(${id}), '' order by ${id}), '') as keys
      from ${customers} where ${customerWhere(conditions, range)}
    ) matched`;
}

function toKeys(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.byteLength / 4).map((_, i) => bytes.readInt32BE(4 * i));
}

function joinKeys(parts: readonly Int32Array[]): Int32Array {
  const keys = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    keys.set(part, filled);
    filled += part.length;
  }
  return keys;
}
