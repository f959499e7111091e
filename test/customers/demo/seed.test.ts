import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { makeCustomer } from '../../../src/customers/demo/customer.ts';
import { readSeed } from '../../../src/customers/demo/random.ts';
import { seedCustomers } from '../../../src/customers/demo/seed.ts';
import { createWorld } from '../../../src/customers/demo/world.ts';
import { parseCustomerLine } from '../../../src/customers/import/line.ts';
import { selectLines } from '../../../src/customers/line.ts';
import { completeSelection } from '../../../src/customers/selection.ts';
import { customers } from '../../../src/db/tables.ts';
import { useDatabase } from '../../support/postgres.ts';

const { url, db } = useDatabase();

beforeEach(async () => {
  await db.execute(sql`truncate brands, customers cascade`);
});

async function exported(): Promise<string[]> {
  const rows = await db.execute(selectLines(completeSelection, sql`select * from ${customers}`));
  return rows.map((row) => String(row['line']));
}

const order = { customers: 300, brand: null, seed: 'spring' };

test('the same seed makes the same lines, another seed others', async () => {
  expect(await seedCustomers(url, order)).toEqual({ firstId: 1_000_001, lastId: 1_000_300 });
  const lines = await exported();
  expect(lines).toHaveLength(300);
  // The bytes that this seed has made since it was first used.
  expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(
    'c3fc82b4fa04726267b05667d46a924018952351cec5fb7e77c0141a72a0858c',
  );

  await db.execute(sql`truncate brands, customers cascade`);
  await seedCustomers(url, { ...order, seed: 'autumn' });
  expect((await exported()).filter((line) => lines.includes(line))).toEqual([]);
});

test('seeding twice adds, as seeding once for the sum would', async () => {
  await seedCustomers(url, { ...order, customers: 100 });
  expect(await seedCustomers(url, { ...order, customers: 50 })).toEqual({
    firstId: 1_000_101,
    lastId: 1_000_150,
  });
  const twice = await exported();
  await db.execute(sql`truncate brands, customers cascade`);
  await seedCustomers(url, { ...order, customers: 150 });
  expect(await exported()).toEqual(twice);
});

test('a brand alone is seeded, known or not', async () => {
  await seedCustomers(url, { ...order, customers: 20, brand: 'iwc' });
  await seedCustomers(url, { ...order, customers: 20, brand: 'maison neuve' });
  const count = sql`select brand, count(*)::int from customers group by 1 order by 1`;
  expect((await db.execute(count)).map((row) => Object.values(row))).toEqual([
    ['iwc', 20],
    ['maison neuve', 20],
  ]);
  const names = await db.execute(sql`select code, name from brands order by 1`);
  expect(names).toMatchObject([{ name: 'IWC Schaffhausen' }, { name: 'maison neuve' }]);
});

test('progress ends with all of them stored', async () => {
  let last = { made: 0, stored: 0 };
  await seedCustomers(url, { ...order, onProgress: (progress) => (last = progress) });
  expect(last).toEqual({ made: 300, stored: 300 });
});

test('an abort leaves the database as it was', async () => {
  const stop = new AbortController();
  const seeding = seedCustomers(url, {
    ...order,
    customers: 1_000_000,
    onProgress: ({ made }) => made > 5000 && stop.abort(new Error('Enough.')),
    signal: stop.signal,
  });
  await expect(seeding).rejects.toThrow('Enough.');
  expect(await db.execute(sql`select from customers union all select from brands`)).toHaveLength(0);
});

test('more customers than there are ids are refused', async () => {
  await expect(seedCustomers(url, { ...order, customers: 2 ** 31 })).rejects.toThrow(RangeError);
  await db.execute(sql`insert into brands values ('b', 'B')`);
  await db.execute(sql`insert into points_of_sale values ('b', 'p', 'P')`);
  await db.insert(customers).values({
    boosterCustomerId: 2 ** 31 - 1,
    brand: 'b',
    posCode: 'p',
    creationDate: new Date(0),
    customerStatus: 'Prospect',
    canBeContactedByMaison: false,
    hasSapCrmError: false,
  });
  await expect(seedCustomers(url, { ...order, customers: 1 })).rejects.toThrow(RangeError);
});

test('demo customers are as varied as a CRM’s', () => {
  const world = createWorld(readSeed('1'), null);
  const made = Array.from({ length: 5000 }, (_, n) => makeCustomer(world, n));
  const share = (part: number) => part / made.length;
  const having = (predicate: (customer: (typeof made)[number]) => boolean) =>
    share(made.filter(predicate).length);
  const total = (count: (customer: (typeof made)[number]) => number) =>
    made.reduce((sum, customer) => sum + count(customer), 0);

  const sales = made.map(({ transactions }) => transactions?.length ?? -1);
  expect([Math.min(...sales), Math.max(...sales)]).toEqual([0, 20]);
  expect(share(total(({ transactions }) => transactions?.length ?? 0))).toBeCloseTo(2.5, 0);
  const tags = total((c) => c.interests.length + c.hobbies.length + c.productCollections.length);
  expect(share(tags)).toBeCloseTo(2, 0);
  for (const key of ['sapCrmId', 'firstName', 'email', 'phoneNumber', 'birthdate'] as const) {
    expect(having((customer) => customer[key] === null)).toBeGreaterThan(0.01);
    expect(having((customer) => customer[key] === null)).toBeLessThan(0.5);
  }
  const names = made.map(({ firstName, lastName }) => `${firstName} ${lastName}`).join('\n');
  for (const script of ['Han', 'Hiragana', 'Hangul', 'Arabic', 'Hebrew', 'Greek', 'Cyrillic']) {
    expect(names).toMatch(new RegExp(`\\p{Script=${script}}`, 'u'));
  }
  expect(names).toMatch(/\p{Emoji_Presentation}/u);
  expect(names).toMatch(/[éèçñü]/);
  expect(names).toMatch(/'/);
  expect(new Set(made.map(({ brand }) => brand)).size).toBe(6);
  expect(new Set(made.map(({ phoneNumber }) => phoneNumber?.slice(0, 3))).size).toBeGreaterThan(15);
  // A tenth of the customers spend more than half of the money.
  const spending = made.map(({ clientSpending }) => Number(clientSpending)).sort((a, b) => b - a);
  const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
  expect(sum(spending.slice(0, 500)) / sum(spending)).toBeGreaterThan(0.5);
});

test('demo lines can be imported', async () => {
  await seedCustomers(url, { ...order, customers: 500 });
  const refused = (await exported()).filter((line) => {
    const { clientSpending, transactions } = parseCustomerLine(line);
    return transactions === null || Number(clientSpending) < 0;
  });
  expect(refused).toEqual([]);
});
