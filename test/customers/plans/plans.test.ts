import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { seedCustomers } from '../../../src/customers/demo/seed.ts';
import { connect } from '../../../src/db/client.ts';
import { useDatabase } from '../../support/postgres.ts';
import { judgePlans } from './judge.ts';

const { db, url } = useDatabase();

test.each([
  ['which is alone', 10_000, 'cartier'],
  ['whose customers share the range of ids with those of others', 50_000, null],
])('no filter reads more than one pass over a brand’s customers and lists, %s', async (_, count, brand) => {
  await db.execute(sql`truncate customers cascade`);
  await seedCustomers(url, { customers: count, brand, seed: 'plans' });
  const connection = connect(url, { max: 1 });
  try {
    const wrong: string[] = [];
    let judged = 0;
    for await (const { name, faults } of judgePlans(connection)) {
      judged += 1;
      wrong.push(...faults.map((fault) => `${name}: ${fault}`));
    }
    expect(wrong).toEqual([]);
    expect(judged).toBeGreaterThan(500);
  } finally {
    await connection.close();
  }
});
