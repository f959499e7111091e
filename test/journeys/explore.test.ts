import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { query, watch } from '../support/client.ts';
import { addCustomers } from '../support/customers.ts';

const app = useApp();

beforeAll(async () => {
  await app.db.execute(sql`insert into brands values ('cartier', 'Cartier')`);
  await app.db.execute(
    sql`insert into points_of_sale values ('cartier', 'P1', 'Paris'), ('cartier', 'P2', 'Rome')`,
  );
  await addCustomers(app.db, { count: 120 });
  await addCustomers(app.db, { count: 7, posCode: 'P2', firstId: -7 });
  await app.db.execute(sql`insert into transactions
    select booster_customer_id, 'T1', '2024-01-01', 2.50 from customers where booster_customer_id % 2 = 0`);
});

const everybody = { brand: 'cartier', posCodes: ['P1', 'P2'] };

function ask(selection: string, args: Record<string, unknown> = {}) {
  return query(
    app.url(),
    `query ($filter: CustomerFilterInput!, $first: Int, $after: String) {
      customers(filter: $filter, first: $first, after: $after) ${selection}
    }`,
    { filter: everybody, ...args },
  );
}

async function page(args: Record<string, unknown> = {}) {
  const { body } = await ask(
    `{ totalCount edges { cursor node { boosterCustomerId } } nodes { boosterCustomerId }
       pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`,
    args,
  );
  expect(body.errors).toBeUndefined();
  return body.data?.['customers'];
}

test('paging through all customers gives each of them once, in order, with the exact count on every page', async () => {
  const ids: number[] = [];
  let after: string | null = null;
  do {
    const { edges, nodes, pageInfo, totalCount } = await page({ first: 25, after });
    expect(totalCount).toBe(127);
    expect(nodes).toEqual(edges.map(({ node }: { node: object }) => node));
    expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0].cursor, edges.at(-1).cursor]);
    expect(pageInfo.hasNextPage).toBe(ids.length + edges.length < 127);
    ids.push(...nodes.map(({ boosterCustomerId }: { boosterCustomerId: number }) => boosterCustomerId));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  expect(ids).toEqual(Array.from({ length: 128 }, (_, at) => at - 7).filter((id) => id !== 0));
});

test('a page has 50 customers unless told otherwise, and continues after any of its cursors', async () => {
  const whole = await page();
  expect(whole.edges).toHaveLength(50);
  const rest = await page({ first: 47, after: whole.edges[2].cursor });
  expect(rest.edges).toEqual(whole.edges.slice(3));
});

test('a page of nobody is empty and has no cursors', async () => {
  expect(await page({ filter: { ...everybody, email: 'nobody@example.com' } })).toEqual({
    totalCount: 0,
    edges: [],
    nodes: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  });
});

const cursor = (text: string) => Buffer.from(text).toString('base64url');

test.each([
  ['first', { first: 0 }],
  ['first', { first: -1 }],
  ['first', { first: 1_001 }],
  ['after', { after: '' }],
  ['after', { after: 'no cursor' }],
  ['after', { after: cursor('1e3') }],
  ['after', { after: cursor('1; drop table customers') }],
  ['after', { after: cursor('2147483648') }],
  ['after', { after: cursor('-9999999999') }],
])('an argument %s that is out of range or no cursor is BAD_USER_INPUT: %j', async (argument, args) => {
  const { body } = await ask('{ totalCount nodes { boosterCustomerId } }', args);
  expect(body.data ?? null).toBeNull();
  expect(body.errors).toHaveLength(1);
  expect(body.errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    userErrors: [{ code: 'INVALID', field: [argument] }],
  });
});

test('the largest page that is allowed goes through', async () => {
  expect((await page({ first: 1_000 })).nodes).toHaveLength(127);
});

test('every fault of a request is told at once', async () => {
  const { body } = await ask('{ totalCount }', {
    first: 0,
    after: 'no cursor',
    filter: {
      brand: 'cartier',
      posCodes: ['P9'],
      birthdateMonths: [13],
      clientSpendingFrom: 2,
      clientSpendingTo: 1,
    },
  });
  expect(body.errors).toHaveLength(1);
  const { code, userErrors } = body.errors?.[0]?.extensions ?? {};
  expect(code).toBe('BAD_USER_INPUT');
  const fields = (userErrors as { field: string[] }[]).map(({ field }) => field.join('.'));
  expect(fields.toSorted()).toEqual([
    'after',
    'filter.birthdateMonths.0',
    'filter.clientSpendingFrom',
    'filter.posCodes.0',
    'first',
  ]);
});

test('transactions come when they are selected, also through aliases and fragments', async () => {
  const filter = { ...everybody, boosterCustomerIds: [2, 3] };
  const expected = [[{ amount: 2.5 }], []];
  for (const selection of [
    '{ nodes { bought: transactions { amount } } }',
    '{ nodes { ... on Customer { bought: transactions { amount } } } }',
    '{ edges { node { bought: transactions { amount } } } }',
  ]) {
    const { body } = await ask(selection, { filter });
    expect(body.errors).toBeUndefined();
    const { nodes, edges } = body.data?.['customers'] ?? {};
    const shown = nodes ?? edges.map(({ node }: { node: object }) => node);
    expect(shown.map(({ bought }: { bought: object[] }) => bought)).toEqual(expected);
  }
});

test('what is explored is what is exported: the count, the customers and their order', async () => {
  const selection = '{ id: boosterCustomerId spent: clientSpending transactions { amount } email }';
  const filter = { ...everybody, clientSpendingFrom: 1 };
  const explored = await ask(`{ totalCount nodes ${selection} }`, { filter, first: 1_000 });
  const { totalCount, nodes } = explored.body.data?.['customers'] ?? {};
  expect(totalCount).toBe(63);
  const { body } = await query(
    app.url(),
    'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId } }',
    { input: { downloadRequestId: 'explored', filter, selection } },
  );
  const events = await watch(
    app.url(),
    'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status totalObjectCount file { url } } }',
    { id: body.data?.['startCustomerExport'].asyncTaskId },
  );
  const done = events.at(-1)?.data?.['customerExportProgress'];
  expect(done).toMatchObject({ status: 'COMPLETED', totalObjectCount: totalCount });
  const text = await (await fetch(done.file.url)).text();
  expect(text).toBe(nodes.map((node: object) => `${JSON.stringify(node)}\n`).join(''));
});
