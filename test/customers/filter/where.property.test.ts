import { type SQL, sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { customerWhere, type KeyRange } from '../../../src/customers/filter/where.ts';
import { type CustomerFilterInput, parseCustomerFilter } from '../../../src/customers/filter.ts';
import { customers } from '../../../src/db/tables.ts';
import { fc } from '../../support/fast-check.ts';
import { useDatabase } from '../../support/postgres.ts';
import { anyFilter, anyRange } from './arbitrary.ts';
import { insertCustomers, insertPlaces, makeCustomers } from './dataset.ts';
import { keepWithin, selectIds } from './oracle.ts';

const { db } = useDatabase();
const all = makeCustomers(400);

beforeAll(async () => {
  await insertPlaces(db);
  await db.transaction((tx) => insertCustomers(tx, all));
});

/** What the filter selects, and what it selects within the range: in one query, because there are many. */
async function select(input: CustomerFilterInput, range: KeyRange) {
  const parsed = parseCustomerFilter(input);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const ids = (where: SQL) => sql`array(
    select ${customers.boosterCustomerId} from ${customers} where ${where} order by ${customers.boosterCustomerId})`;
  const [row] = await db.execute<{ all: number[]; within: number[] }>(
    sql`select ${ids(customerWhere(parsed.filter))} as all, ${ids(customerWhere(parsed.filter, range))} as within`,
  );
  return row;
}

test('any filter selects exactly the customers that the contract says, in any key range', async () => {
  let selective = 0;
  await fc.assert(
    fc.asyncProperty(anyFilter, anyRange, async (filter, range) => {
      const ids = selectIds(all, filter);
      expect(await select(filter, range)).toEqual({ all: ids, within: keepWithin(ids, range) });
      if (ids.length > 0 && ids.length < all.length / 2) selective += 1;
    }),
    { numRuns: 2_000 },
  );
  // Filters that select nothing would prove nothing.
  expect(selective).toBeGreaterThan(500);
}, 120_000);
