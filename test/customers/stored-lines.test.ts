import { type SQL, sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { selectLines } from '../../src/customers/line.ts';
import { rebuildLines } from '../../src/customers/rebuild-lines.ts';
import { defaultSelection } from '../../src/customers/selection.ts';
import { lineVersion } from '../../src/customers/stored-lines.ts';
import { customers } from '../../src/db/tables.ts';
import { fc } from '../support/fast-check.ts';
import { useDatabase } from '../support/postgres.ts';

const { db } = useDatabase();

beforeEach(async () => {
  await db.execute(sql`truncate brands, customers cascade`);
  await db.execute(sql`insert into brands values ('a', 'A'), ('b', 'B')`);
  await db.execute(
    sql`insert into points_of_sale select b, p, p from unnest('{a,b}'::text[]) b, unnest('{P1,P2}'::text[]) p`,
  );
});

const readStored = () =>
  db.execute(sql`select booster_customer_id, brand, line, version from customer_lines order by 1`);
const readBuilt = () =>
  db.execute(sql`select booster_customer_id, brand, built.line, ${lineVersion()}::int as version
    from (${selectLines(defaultSelection, sql`select * from ${customers}`)}) built
    join customers using (booster_customer_id) order by 1`);

const insertCustomers = (ids: readonly number[], brand = 'a') =>
  sql`insert into customers (booster_customer_id, brand, pos_code, first_name, creation_date, customer_status, can_be_contacted_by_maison, has_sap_crm_error)
    select id, ${brand}, 'P1', 'Ann "' || id || '"', '2024-02-29T10:00:00.123456Z', 'Client', true, false
    from unnest(${sql.param(ids)}::int[]) id on conflict do nothing`;

const id = fc.integer({ min: 1, max: 8 });
const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 5 });
const brand = fc.constantFrom('a', 'b');
const tag = fc.constantFrom('T1', 'T2', 'T3');
const name = fc.constantFrom('Zoë', 'a\nb', '\\', '"quoted"', '名前', null);
const in_ = (ids: readonly number[]) => sql`booster_customer_id = any(${sql.param(ids)}::int[])`;

/** A statement such as anybody may send, whatever table it changes. */
const statement: fc.Arbitrary<SQL> = fc.oneof(
  fc.tuple(ids, brand).map(([ids, brand]) => insertCustomers(ids, brand)),
  fc.tuple(ids, name).map(([ids, name]) => sql`update customers set last_name = ${name} where ${in_(ids)}`),
  fc.tuple(ids, brand).map(([ids, brand]) => sql`update customers set brand = ${brand} where ${in_(ids)}`),
  ids.map((ids) => sql`delete from customers where ${in_(ids)}`),
  fc.tuple(ids, tag, name).map(
    ([ids, tag, name]) => sql`insert into customer_interests
      select booster_customer_id, ${tag}, ${name} from customers where ${in_(ids)}
      on conflict (booster_customer_id, sap_interest_id) do update set interest = excluded.interest`,
  ),
  fc.tuple(ids, tag, name).map(
    ([ids, tag, name]) => sql`insert into customer_hobbies
      select booster_customer_id, ${tag}, ${name} from customers where ${in_(ids)} on conflict do nothing`,
  ),
  fc.tuple(ids, tag).map(
    ([ids, tag]) => sql`insert into customer_product_collections
      select booster_customer_id, ${tag}, null from customers where ${in_(ids)} on conflict do nothing`,
  ),
  fc.tuple(ids, tag, name).map(
    ([ids, tag, name]) =>
      sql`update customer_interests set interest = ${name}, sap_interest_id = ${tag} where ${in_(ids)} and not exists
        (select from customer_interests o where o.booster_customer_id = customer_interests.booster_customer_id and o.sap_interest_id = ${tag})
        and sap_interest_id = (select max(sap_interest_id) from customer_interests o where o.booster_customer_id = customer_interests.booster_customer_id)`,
  ),
  fc.tuple(id, id).map(
    ([
      from,
      to,
    ]) => sql`update customer_hobbies h set booster_customer_id = ${to} where booster_customer_id = ${from}
      and exists (select from customers where booster_customer_id = ${to})
      and not exists (select from customer_hobbies o where o.booster_customer_id = ${to} and o.sap_hobby_id = h.sap_hobby_id)`,
  ),
  fc
    .tuple(ids, tag)
    .map(([ids, tag]) => sql`delete from customer_hobbies where ${in_(ids)} and sap_hobby_id = ${tag}`),
  ids.map((ids) => sql`delete from customer_product_collections where ${in_(ids)}`),
  fc.tuple(ids, fc.integer({ min: -500, max: 99_999 })).map(
    ([ids, cents]) => sql`insert into transactions
      select booster_customer_id, 'T' || ${cents}::int, '2024-01-01'::timestamptz + ${cents}::int * interval '1 minute', ${cents}::int / 100.0
      from customers where ${in_(ids)} on conflict do nothing`,
  ),
  ids.map((ids) => sql`delete from transactions where ${in_(ids)}`),
);

test('every stored line is the line that would be built, after any statements on any table', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 12 }), async (statements) => {
      await db.execute(sql`delete from customers`);
      for (const each of statements) await db.execute(each);
      expect([...(await readStored())]).toEqual([...(await readBuilt())]);
    }),
    { numRuns: 120 },
  );
});

test('two transactions that each add to one customer’s lists leave a line with both', async () => {
  await db.execute(insertCustomers([1]));
  await db
    .transaction(async (first) => {
      await first.execute(sql`insert into customer_interests values (1, 'T1', 'one')`);
      const second = Promise.resolve(db.execute(sql`insert into customer_hobbies values (1, 'H1', 'two')`));
      // The second statement waits for the customer that the first one holds; told by the server, not by the clock.
      await waitFor(async () => {
        const [row] = await db.execute(sql`select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`);
        return row?.['n'] === 1;
      });
      return () => second;
    })
    .then((wait) => wait());
  expect([...(await readStored())]).toEqual([...(await readBuilt())]);
});

test('a truncated list leaves no stored line that is wrong', async () => {
  await db.execute(insertCustomers([1, 2]));
  await db.execute(sql`insert into customer_interests values (1, 'T1', 'one')`);
  await db.execute(sql`truncate customer_interests`);
  expect([...(await readStored())]).toEqual([]);
});

test('rows that a replication stream applies keep the lines as well', async () => {
  await db.transaction(async (tx) => {
    await tx.execute(sql`set local session_replication_role = replica`);
    await tx.execute(insertCustomers([1, 2]));
    await tx.execute(sql`insert into customer_interests values (1, 'T1', 'one'), (2, 'T1', 'one')`);
    await tx.execute(sql`delete from customer_interests where booster_customer_id = 2`);
    await tx.execute(sql`update customers set brand = 'b' where booster_customer_id = 1`);
  });
  expect([...(await readStored())]).toEqual([...(await readBuilt())]);
  expect(await readStored()).toHaveLength(2);
});

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('It did not come to pass in 10 s.');
  }
}

test.each([1, 2, 3, 20_000])(
  'lines of another format are built anew, %i looked at a time, and those that are current are left alone',
  async (look) => {
    const rebuild = () => rebuildLines(db, new AbortController().signal, look);
    await db.execute(insertCustomers([2, 3, 5, 8]));
    await db.execute(insertCustomers([-1, 1, 4, 6], 'b'));
    await db.execute(sql`update customer_lines set version = 7, line = 'old' where ${in_([2, 6])}`);
    await db.execute(sql`delete from customer_lines where ${in_([-1, 4, 8])}`);
    expect(await rebuild()).toBe(5);
    expect([...(await readStored())]).toEqual([...(await readBuilt())]);
    expect(await rebuild()).toBe(0);
  },
);

test('building lines anew ends when it is told to stop', async () => {
  await db.execute(insertCustomers([1, 2, 3]));
  await db.execute(sql`delete from customer_lines`);
  expect(await rebuildLines(db, AbortSignal.abort())).toBe(0);
  expect(await readStored()).toHaveLength(0);
});
