import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { brands, customers, pointsOfSale, transactions } from '../../src/db/tables.ts';
import { useDatabase } from '../support/postgres.ts';

const { db } = useDatabase();

test('a customer’s spending and last transaction follow its transactions', async () => {
  await db.insert(brands).values({ code: 'cartier', name: 'Cartier' });
  await db.insert(pointsOfSale).values({ brand: 'cartier', posCode: 'P1', name: 'Paris' });
  await db.insert(customers).values({
    boosterCustomerId: 1,
    brand: 'cartier',
    posCode: 'P1',
    creationDate: new Date(0),
    customerStatus: 'Client',
    canBeContactedByMaison: true,
    hasSapCrmError: false,
    clientSpending: '7.00',
  });
  const spending = async () => {
    const [row] = await db.select().from(customers).where(eq(customers.boosterCustomerId, 1));
    return [row?.clientSpending, row?.lastTransactionDate?.toISOString() ?? null];
  };
  expect(await spending()).toEqual(['7.00', null]);

  const sale = { boosterCustomerId: 1, transactionDate: new Date('2024-02-29T12:00:00Z') };
  await db.insert(transactions).values([
    { ...sale, transactionId: 'a', amount: '10.10' },
    { ...sale, transactionId: 'b', amount: '0.20', transactionDate: new Date('2020-01-01') },
  ]);
  expect(await spending()).toEqual(['10.30', '2024-02-29T12:00:00.000Z']);

  await db.delete(transactions).where(eq(transactions.transactionId, 'a'));
  expect(await spending()).toEqual(['0.20', '2020-01-01T00:00:00.000Z']);

  await db.delete(transactions);
  expect(await spending()).toEqual(['0.00', null]);
});
