import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { beforeAll, describe, expect, test } from 'vitest';
import { countCustomers, pageCustomers } from '../../src/customers/explore.ts';
import { type CustomerFilterInput, parseCustomerFilter } from '../../src/customers/filter.ts';
import { defaultSelection } from '../../src/customers/selection.ts';
import { connect } from '../../src/db/client.ts';
import * as tables from '../../src/db/tables.ts';
import { useDatabase } from '../support/postgres.ts';

const { db, sql: client, url } = useDatabase();
const scope = { brands: ['cartier'], posCodes: null } as const;
const COUNT = 20_000;

beforeAll(async () => {
  await db.execute(sql`insert into brands values ('cartier', 'Cartier'), ('piaget', 'Piaget')`);
  await db.execute(sql`insert into points_of_sale values
    ('cartier', 'P1', 'One'), ('cartier', 'P2', 'Two'), ('piaget', 'P1', 'One')`);
  await db.transaction(async (tx) => {
    await tx.execute(sql`set local customer_export.defer_lines = on`);
    await tx.execute(sql`
      insert into customers (booster_customer_id, brand, pos_code, first_name, last_name, email, phone_number,
        sap_crm_id, creation_date, customer_status, can_be_contacted_by_maison, has_sap_crm_error)
      select id, case when id % 10 = 0 then 'piaget' else 'cartier' end, case when id % 10 = 1 then 'P2' else 'P1' end,
        'First' || id % 97, 'Last' || id % 89, 'Customer.' || id || '@example.com', '+3933312' || lpad(id::text, 5, '0'),
        'CRM-' || id, '2024-01-01', 'Client', true, false
      from generate_series(1, ${COUNT}::int) id`);
    await tx.execute(sql`insert into transactions
      select booster_customer_id, 'T1', '2024-01-01', 5 from customers where booster_customer_id <= 20`);
  });
  await db.execute(sql`vacuum analyze`);
});

function understand(input: CustomerFilterInput) {
  const parsed = parseCustomerFilter({ brand: 'cartier', posCodes: ['P1', 'P2'], ...input });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.filter;
}

async function page(input: CustomerFilterInput, first: number, after: number | null = null) {
  const found = await pageCustomers(db, scope, understand(input), { first, after, withTransactions: false });
  return { ids: found.customers.map(({ boosterCustomerId }) => boosterCustomerId), next: found.hasNextPage };
}

const count = (input: CustomerFilterInput) => countCustomers(db, scope, understand(input));

test('pages follow each other by id until there are no more, and the count is of all of them', async () => {
  const ids: number[] = [];
  let next = true;
  while (next) {
    const found = await page({ posCodes: ['P2'] }, 300, ids.at(-1) ?? null);
    expect(found.ids).toHaveLength(found.next ? 300 : 2_000 % 300);
    ids.push(...found.ids);
    next = found.next;
  }
  expect(ids).toEqual(Array.from({ length: 2_000 }, (_, at) => at * 10 + 1));
  expect(await count({ posCodes: ['P2'] })).toBe(2_000);
});

test('a page that ends with the last customer has no next, and one behind it is empty', async () => {
  const boosterCustomerIds = [3, 1, 2, 4];
  expect(await page({ boosterCustomerIds }, 4)).toEqual({ ids: [1, 2, 3, 4], next: false });
  expect(await page({ boosterCustomerIds }, 3)).toEqual({ ids: [1, 2, 3], next: true });
  expect(await page({ boosterCustomerIds }, 3, 3)).toEqual({ ids: [4], next: false });
  expect(await page({ boosterCustomerIds }, 3, 4)).toEqual({ ids: [], next: false });
  expect(await page({ email: 'nobody@example.com' }, 3)).toEqual({ ids: [], next: false });
  expect(await count({ email: 'nobody@example.com' })).toBe(0);
});

test('transactions are there only when they are asked for', async () => {
  const filter = understand({ boosterCustomerIds: [1] });
  const [without] = (
    await pageCustomers(db, scope, filter, { first: 1, after: null, withTransactions: false })
  ).customers;
  expect(Object.keys(without ?? {})).toEqual(defaultSelection.map(({ key }) => key));
  const [having] = (await pageCustomers(db, scope, filter, { first: 1, after: null, withTransactions: true }))
    .customers;
  expect(having?.transactions).toEqual([
    { transactionId: 'T1', transactionDate: '2024-01-01T00:00:00.000Z', amount: 5, productCategory: null },
  ]);
});

test('nobody outside the scope is shown or counted, whatever the filter says', async () => {
  const piaget = understand({ brand: 'piaget' });
  const seen = await pageCustomers(db, scope, piaget, { first: 5, after: null, withTransactions: false });
  expect(seen.customers).toEqual([]);
  expect(await countCustomers(db, scope, piaget)).toBe(0);
  const narrow = { brands: ['cartier'], posCodes: ['P2'] };
  expect(await countCustomers(db, narrow, understand({}))).toBe(2_000);
});

describe('a lookup finds its customer through an index', () => {
  /** The statements over customers that exploring sends, each with its plan. */
  async function plan(input: CustomerFilterInput): Promise<string[]> {
    const sent: { query: string; params: unknown[] }[] = [];
    const connection = connect(url, { max: 1 });
    try {
      const logged = drizzle({
        client: connection.sql,
        schema: tables,
        casing: 'snake_case',
        logger: { logQuery: (query, params) => sent.push({ query, params }) },
      });
      const found = await pageCustomers(logged, scope, understand(input), {
        first: 50,
        after: null,
        withTransactions: true,
      });
      expect(found.customers.map((customer) => customer.boosterCustomerId)).toEqual([4_321]);
      expect(await countCustomers(logged, scope, understand(input))).toBe(1);
    } finally {
      await connection.close();
    }
    const plans: string[] = [];
    for (const { query, params } of sent.filter(({ query }) => query.includes('from "customers"'))) {
      const rows = await client.unsafe(`explain ${query}`, params.map(toParameter)).values();
      plans.push(rows.map(([line]) => String(line)).join('\n'));
    }
    return plans;
  }

  const toParameter = (value: unknown) => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    if (Array.isArray(value)) return value.map(String);
    throw new Error(`Not a parameter: ${typeof value}`);
  };

  test.each<[string, CustomerFilterInput, string[]]>([
    ['email', { email: 'CUSTOMER.4321@example.com' }, ['customers_by_email']],
    ['phoneNumber', { phoneNumber: '+39 333 12 04321' }, ['customers_by_national_phone']],
    ['boosterCustomerIds', { boosterCustomerIds: [4_321] }, ['customers_pkey|customers_by_brand']],
    [
      'searchKey (sapCrmId)',
      { searchKey: 'crm-4321' },
      ['customers_by_sap_crm_id', 'customers_by_email', 'customers_by_name'],
    ],
    [
      'searchKey (phone number)',
      { searchKey: '3331204321' },
      ['customers_by_national_phone', 'customers_by_name'],
    ],
  ])('by %s', async (_, input, indexes) => {
    const plans = await plan(input);
    expect(plans).toHaveLength(3);
    for (const text of plans) expect(text).not.toMatch(/Seq Scan on customers /);
    // The page's ids and the count; in between, the lines of the ids found.
    for (const text of [plans[0], plans[2]]) {
      for (const index of indexes)
        expect(text).toMatch(new RegExp(`Index (Only )?Scan (using|on) (${index})`));
    }
  });
});
