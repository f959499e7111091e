import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { seedCustomers } from '../../../src/customers/demo/seed.ts';
import { connect } from '../../../src/db/client.ts';
import { useDatabase } from '../../support/postgres.ts';
import { judgePlans } from './judge.ts';

const { db, url } = useDatabase();

test.each([
  ['which is alone', { customers: 10_000, brand: 'cartier', pairs: true }],
  [
    'whose customers share the range of ids with those of others',
    { customers: 50_000, brand: null, pairs: false },
  ],
])(
  'no filter reads more than one pass over a brand’s customers and lists, %s',
  async (_, { pairs, ...wanted }) => {
    await db.execute(sql`truncate customers cascade`);
    await seedCustomers(url, { ...wanted, seed: 'plans' });
    const connection = connect(url, { max: 1 });
    try {
      const wrong: string[] = [];
      let judged = 0;
      for await (const { name, faults } of judgePlans(connection, { pairs })) {
        judged += 1;
        wrong.push(...faults.map((fault) => `${name}: ${fault}`));
      }
      expect(wrong).toEqual([]);
      expect(judged).toBeGreaterThan(pairs ? 500 : 50);
    } finally {
      await connection.close();
    }
  },
);
