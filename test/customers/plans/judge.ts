import { type SQL, sql } from 'drizzle-orm';
import { customerWhere, type KeyRange } from '../../../src/customers/filter/where.ts';
import { type CustomerFilterInput, parseCustomerFilter } from '../../../src/customers/filter.ts';
import { MAX_KEYS, partQuery } from '../../../src/customers/grains.ts';
import { planning } from '../../../src/customers/read.ts';
import type { Connection } from '../../../src/db/client.ts';
import { customers } from '../../../src/db/tables.ts';
import { combine, type Samples, takeSamples } from './filters.ts';
import { explain, type Reading } from './plan.ts';

/** A statement that a filter makes, and what it read. */
export type Judged = {
  readonly name: string;
  readonly reading: Reading;
  /** What is wrong with that, in words. */
  readonly faults: readonly string[];
};

/** Readers of a snapshot take no parallel workers either. */
const forExport = [...planning, sql`set local max_parallel_workers_per_gather = 0`];

/** Runs every combination of filters over the demo customers that are there, as an export and as a page would. */
export async function* judgePlans(
  { db, sql: client }: Connection,
  { pairs } = { pairs: true },
): AsyncGenerator<Judged> {
  const samples = await takeSamples(db);
  const sizes = await countRows(client, samples.brand);
  const halves = await halveKeys(client, samples.brand);
  const parse = (part: CustomerFilterInput) => {
    const parsed = parseCustomerFilter({ ...samples.everybody, ...part });
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    return parsed.filter;
  };
  const run = async (name: string, statement: SQL, settings: readonly SQL[]): Promise<Judged> => {
    const reading = await explain(client, statement, settings);
    return { name, reading, faults: [...tooMuch(reading, sizes), ...withoutIndex(name, reading, samples)] };
  };
  for (const [name, part] of combine(samples, pairs)) {
    const filter = parse(part);
    const inHalves = sql.join(
      halves.map((half) => partQuery(filter, half, MAX_KEYS)),
      sql` union all `,
    );
    yield await run(`export: ${name}`, inHalves, forExport);
    const page = sql`select ${customers.boosterCustomerId} from ${customers} where ${customerWhere(filter)} order by 1 limit 51`;
    yield await run(`page: ${name}`, page, []);
  }
}

/** The two ranges in which an export counts, each with a connection of its own. */
async function halveKeys(client: Connection['sql'], brand: string): Promise<KeyRange[]> {
  const [row] =
    await client`select avg(booster_customer_id)::int as middle from customers where brand = ${brand}`;
  const middle = Number(row?.['middle']);
  return [
    { first: -(2 ** 31), last: middle },
    { first: middle + 1, last: 2 ** 31 - 1 },
  ];
}

type Sizes = ReadonlyMap<string, number>;

/** Rows of each table; of `customers`, those of the brand. */
async function countRows(client: Connection['sql'], brand: string): Promise<Sizes> {
  const rows = await client<{ name: string; count: number }[]>`
    select 'customers' as name, count(*)::int from customers where brand = ${brand}
    union all select 'customer_interests', count(*)::int from customer_interests
    union all select 'customer_hobbies', count(*)::int from customer_hobbies
    union all select 'customer_product_collections', count(*)::int from customer_product_collections
    union all select 'transactions', count(*)::int from transactions`;
  return new Map(rows.map(({ name, count }) => [name, count]));
}

/**
 * One pass over the brand's customers is all that a filter may read of them, and one pass over a list for each condition
 * on it; two conditions on transactions are two.
 */
function* tooMuch({ rows }: Reading, sizes: Sizes): Generator<string> {
  for (const [table, read] of rows) {
    const most = (sizes.get(table) ?? 0) * (table === 'transactions' ? 2 : 1);
    if (read > most) yield `reads ${read} rows of ${table}, of which there are ${most}`;
  }
}

/** A lookup alone finds its customer by an index, and reads but a few. */
function* withoutIndex(name: string, { rows, indexes }: Reading, { lookups }: Samples): Generator<string> {
  const lookup = name.replace(/^(export|page): /, '');
  if (!Object.hasOwn(lookups, lookup)) return;
  const read = rows.get('customers') ?? 0;
  if (read > MOST_FOUND) yield `looks at ${read} customers to find one`;
  if (lookup === 'searchKey (name)' && !indexes.has('customers_by_name'))
    yield 'does not use the index of names';
}

/** Namesakes among a million. */
const MOST_FOUND = 2_000;
