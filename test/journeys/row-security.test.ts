import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countCustomers, pageCustomers } from '../../src/customers/explore.ts';
import type { CustomerFilter } from '../../src/customers/filter.ts';
import { readCustomerLines } from '../../src/customers/read.ts';
import { defaultSelection, parseSelection, printSelection } from '../../src/customers/selection.ts';
import type { Database } from '../../src/db/client.ts';
import type { ReadScope } from '../../src/db/row-security.ts';
import { useApp } from '../support/app.ts';
import { query, watch } from '../support/client.ts';
import { addCustomers } from '../support/customers.ts';
import { insertExport } from '../support/exports.ts';
import { makeKey, serveKeys, signToken } from '../support/tokens.ts';

const key = await makeKey('ES256');
const keys = await serveKeys([key]);
afterAll(() => keys[Symbol.asyncDispose]());

/** Customers of cartier's P1 and P2 and of piaget's P1 and P3. */
async function addEverybody(db: Database): Promise<void> {
  await db.execute(sql`insert into brands values ('cartier', 'Cartier'), ('piaget', 'Piaget')`);
  await db.execute(sql`insert into points_of_sale values
    ('cartier', 'P1', 'Paris'), ('cartier', 'P2', 'Rome'), ('piaget', 'P1', 'Geneva'), ('piaget', 'P3', 'Bern')`);
  await addCustomers(db, { count: 3 });
  await addCustomers(db, { count: 4, posCode: 'P2', firstId: 100 });
  await addCustomers(db, { count: 5, brand: 'piaget', firstId: 200 });
  await addCustomers(db, { count: 6, brand: 'piaget', posCode: 'P3', firstId: 300 });
  await db.execute(sql`insert into transactions select booster_customer_id, 'T', now(), 1 from customers`);
}

/** Whoever may see cartier's P1 alone. */
const narrow: ReadScope = { brands: ['cartier'], posCodes: ['P1'] };
/** What a check that is missing lets through, and how many customers it names. */
const foreign: [string, CustomerFilter, number][] = [
  ['another brand’s', { brand: 'piaget', posCodes: ['P1', 'P3'] }, 11],
  ['another brand’s point of sale of the same code', { brand: 'piaget', posCodes: ['P1'] }, 5],
  ['another point of sale’s', { brand: 'cartier', posCodes: ['P2'] }, 4],
  [
    'another point of sale’s, by id',
    { brand: 'cartier', posCodes: ['P2'], boosterCustomerIds: [100, 101] },
    2,
  ],
];
const selections = {
  'stored lines': printSelection(defaultSelection),
  'built lines': '{ boosterCustomerId email transactions { amount } }',
};

/** How many customers come out of everything that reads them. */
async function readAll(db: Database, url: string, scope: ReadScope, filter: CustomerFilter) {
  const lines = async (selection: string) => {
    await using read = await readCustomerLines(url, {
      filter,
      selection: printSelection(parseSelection(selection)),
      scope,
      name: 'test',
      signal: new AbortController().signal,
    });
    let count = 0;
    for await (const chunk of read.chunks)
      count += Buffer.from(chunk.bytes).toString().split('\n').length - 1;
    return [read.total, count];
  };
  const page = async (withTransactions: boolean) => {
    const { customers } = await pageCustomers(db, scope, filter, {
      first: 1000,
      after: null,
      withTransactions,
    });
    return customers.length;
  };
  return {
    count: await countCustomers(db, scope, filter),
    pages: [await page(false), await page(true)],
    'stored lines': await lines(selections['stored lines']),
    'built lines': await lines(selections['built lines']),
  };
}

const everywhere = (count: number) => ({
  count,
  pages: [count, count],
  'stored lines': [count, count],
  'built lines': [count, count],
});

const narrowed = {
  sub: 'pat',
  brands: ['cartier'],
  posCodes: ['P1'],
  scope: 'customers:read customers:export',
};
const explore =
  'query ($filter: CustomerFilterInput!) { customers(filter: $filter) { totalCount nodes { boosterCustomerId } } }';
const start = `mutation ($input: StartCustomerExportInput!) {
  startCustomerExport(input: $input) { asyncTaskId userErrors { code field } } }`;
const follow = `subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status objectCount file { url } } }`;

describe('without the first line, row security alone', () => {
  const app = useApp(keys.env);
  beforeAll(() => addEverybody(app.db));

  test.each(foreign)(
    'gives nothing of %s customers to a caller of one point of sale',
    async (_, filter, count) => {
      expect(await readAll(app.db, app.databaseUrl, narrow, filter)).toEqual(everywhere(0));
      const all: ReadScope = { brands: '*', posCodes: null };
      expect(await readAll(app.db, app.databaseUrl, all, filter)).toEqual(everywhere(count));
    },
  );

  test('gives of a filter that is too wide what is the caller’s', async () => {
    const wide: CustomerFilter = { brand: 'cartier', posCodes: ['P1', 'P2'] };
    expect(await readAll(app.db, app.databaseUrl, narrow, wide)).toEqual(everywhere(3));
  });

  test.each(Object.entries(selections))(
    'leaves the file of an export that should never have been started empty, of %s',
    async (_, selection) => {
      const token = await signToken(key, { sub: 'ada', scope: 'customers:export exports:admin' });
      const authorization = `Bearer ${token}`;
      const files = foreign.map(async ([, filter]) => {
        const id = await insertExport(app.db, {
          status: 'CREATED',
          attempt: 0,
          brand: filter.brand,
          filter,
          selection: printSelection(parseSelection(selection)),
          readScope: narrow,
        });
        const events = await watch(app.url(), follow, { id }, { authorization });
        const last = events.at(-1)?.data?.['customerExportProgress'];
        expect(last).toMatchObject({ status: 'COMPLETED', objectCount: 0 });
        return (await fetch(last.file.url)).text();
      });
      expect(await Promise.all(files)).toEqual(foreign.map(() => ''));
    },
  );
});

describe('without row security, the first line alone', () => {
  const app = useApp({ ...keys.env, ROLES: 'gateway' });
  beforeAll(async () => {
    await addEverybody(app.db);
    await app.db.execute(sql`do $$ declare place text; begin
      for place in select relname from pg_class where relrowsecurity and relnamespace = current_schema()::regnamespace
      loop execute format('alter table %I disable row level security', place); end loop; end $$`);
  });

  test('is all there is', async () => {
    for (const [, filter, count] of foreign) {
      const page = { first: 1000, after: null, withTransactions: false };
      expect((await pageCustomers(app.db, narrow, filter, page)).customers).toHaveLength(count);
    }
  });

  test.each(foreign)('refuses %s customers to a caller of one point of sale', async (_, filter) => {
    const headers = { authorization: `Bearer ${await signToken(key, narrowed)}` };
    const explored = await query(app.url(), explore, { filter }, headers);
    expect(explored.body.data).toBeNull();
    expect(explored.body.errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      userErrors: [{ code: 'NOT_FOUND' }],
    });
    const input = { downloadRequestId: crypto.randomUUID(), filter };
    const started = await query(app.url(), start, { input }, headers);
    expect(started.body.data?.['startCustomerExport']).toMatchObject({
      asyncTaskId: null,
      userErrors: [{ code: 'NOT_FOUND' }],
    });
    const { brand, ...rest } = filter;
    const answer = await fetch(`${app.url()}/customer/${brand}/export`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ downloadRequestId: crypto.randomUUID(), ...rest }),
    });
    expect(answer.status).toBe(brand === 'cartier' ? 400 : 404);
    const [stored] = await app.db.execute(sql`select count(*)::int as count from exports`);
    expect(stored?.['count']).toBe(0);
  });

  test('gives the caller what is the caller’s', async () => {
    const headers = { authorization: `Bearer ${await signToken(key, narrowed)}` };
    const filter = { brand: 'cartier', posCodes: ['P1'] };
    const { body } = await query(app.url(), explore, { filter }, headers);
    expect(body.data?.['customers'].totalCount).toBe(3);
    const ids = body.data?.['customers'].nodes.map(
      (node: { boosterCustomerId: number }) => node.boosterCustomerId,
    );
    expect(ids).toEqual([1, 2, 3]);
  });
});
