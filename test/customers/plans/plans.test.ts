import { expect, test } from 'vitest';
import { seedCustomers } from '../../../src/customers/demo/seed.ts';
import { connect } from '../../../src/db/client.ts';
import { useDatabase } from '../../support/postgres.ts';
import { judgePlans } from './judge.ts';

const { url } = useDatabase();

test('no combination of filters reads more than one pass over the brand’s customers and lists', async () => {
  await seedCustomers(url, { customers: 10_000, brand: 'cartier', seed: 'plans' });
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
