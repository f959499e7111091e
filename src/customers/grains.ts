import { eq, sql } from 'drizzle-orm';
import type { SnapshotReader } from '../db/snapshot.ts';
import { customers } from '../db/tables.ts';
import { type Conditions, customerWhere, type KeyRange } from './filter/where.ts';

/** So many matching customers make a grain; fewer are in the last one, and where the parts of two readers meet. */
export const GRAIN = 50;

/** A PostgreSQL `integer`. */
const MIN_KEY = -(2 ** 31);
const MAX_KEY = 2 ** 31 - 1;

/** All matching customers in order of boosterCustomerId, cut into grains that are numbered from 0. */
export class Grains {
  readonly #lastKeys: readonly number[];
  readonly #linesThrough: readonly number[];

  /** Each grain's last key, and how many customers there are up to it. */
  constructor(lastKeys: readonly number[], linesThrough: readonly number[]) {
    this.#lastKeys = lastKeys;
    this.#linesThrough = linesThrough;
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
}

/** Finds out what matches, each reader looking through a part of the keys. */
export async function findGrains(
  readers: readonly [SnapshotReader, ...SnapshotReader[]],
  conditions: Conditions,
): Promise<Grains> {
  const ranges = await divideKeys(readers[0], conditions.brand, readers.length);
  const parts = await Promise.all(
    ranges.map((range, i) => findPart(readers[i] ?? readers[0], conditions, range)),
  );
  const lastKeys: number[] = [];
  const linesThrough: number[] = [];
  let before = 0;
  for (const { total, cuts, last } of parts) {
    for (const [i, cut] of cuts.entries()) {
      lastKeys.push(cut);
      linesThrough.push(before + (i + 1) * GRAIN);
    }
    before += total;
    if (total % GRAIN !== 0) {
      lastKeys.push(last);
      linesThrough.push(before);
    }
  }
  return new Grains(lastKeys, linesThrough);
}

/** Cuts the brand's keys into ranges of equal length, which hold about as many customers where keys are given in turn. */
async function divideKeys(reader: SnapshotReader, brand: string, count: number): Promise<KeyRange[]> {
  const [row] = await reader.read(sql`
    select min(${customers.boosterCustomerId}), max(${customers.boosterCustomerId})
    from ${customers} where ${eq(customers.brand, brand)}`);
  const [lowest, highest] = [Number(row?.[0]), Number(row?.[1])];
  const edge = (i: number) => Math.floor(lowest + ((highest - lowest) * i) / count);
  return Array.from({ length: count }, (_, i) => ({
    first: i === 0 ? MIN_KEY : edge(i) + 1,
    last: i === count - 1 ? MAX_KEY : edge(i + 1),
  }));
}

/** How many match in a range, and the key of every GRAINth of them. */
async function findPart(reader: SnapshotReader, conditions: Conditions, range: KeyRange) {
  const [row] = await reader.read(sql`
    select count(*), string_agg(id::text, ',' order by n) filter (where n % ${sql.raw(`${GRAIN}`)} = 0)
    from (
      select ${customers.boosterCustomerId} as id, row_number() over (order by ${customers.boosterCustomerId}) as n
      from ${customers} where ${customerWhere(conditions, range)}
    ) matched`);
  const cuts = row?.[1] ? row[1].toString().split(',').map(Number) : [];
  return { total: Number(row?.[0]), cuts, last: range.last };
}
