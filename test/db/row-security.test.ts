import { type SQL, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtChunk, storedChunk } from '../../src/customers/chunk-query.ts';
import { completeSelection } from '../../src/customers/selection.ts';
import { connect, type Transaction } from '../../src/db/client.ts';
import { type ReadScope, restriction, restrictReads } from '../../src/db/row-security.ts';
import { openSnapshot } from '../../src/db/snapshot.ts';
import { addCustomers } from '../support/customers.ts';
import { useDatabase } from '../support/postgres.ts';

const { db, url } = useDatabase();
const lists = ['customer_interests', 'customer_hobbies', 'customer_product_collections', 'transactions'];
const perCustomer = ['customers', 'customer_lines'];
const tables = [...perCustomer, ...lists];
const dictionaries = [
  ...['points_of_sale', 'interests', 'hobbies', 'product_collections', 'product_categories'],
  'sales_representatives',
];
const everyone = [1, 2, 3, 4];

/** Customers 1 (P1) and 2 (P2) of cartier, 3 (P1) and 4 (P2) of piaget, each with a row in every list. */
beforeAll(async () => {
  await db.execute(sql`insert into brands select code, code from unnest(array['cartier', 'piaget']) code`);
  await db.execute(
    sql`insert into points_of_sale select code, 'P' || n, code from brands, generate_series(1, 2) n`,
  );
  await db.execute(sql`insert into interests select code, 'I', code from brands`);
  await db.execute(sql`insert into hobbies select code, 'H', code from brands`);
  await db.execute(sql`insert into product_collections select code, 'C', code from brands`);
  await db.execute(sql`insert into product_categories select code, null, 'G', null, null, null from brands`);
  await db.execute(sql`insert into sales_representatives select code, 'rep@example.com', code from brands`);
  for (const [at, brand] of ['cartier', 'piaget'].entries()) {
    await addCustomers(db, { count: 1, brand, posCode: 'P1', firstId: 2 * at + 1 });
    await addCustomers(db, { count: 1, brand, posCode: 'P2', firstId: 2 * at + 2 });
  }
  await db.execute(sql`insert into customer_interests select booster_customer_id, 'I', 'i' from customers`);
  await db.execute(sql`insert into customer_hobbies select booster_customer_id, 'H', 'h' from customers`);
  await db.execute(
    sql`insert into customer_product_collections select booster_customer_id, 'C', 'c' from customers`,
  );
  await db.execute(sql`insert into transactions select booster_customer_id, 'T', now(), 1 from customers`);
});

/** Runs `read` in a transaction that may read `scope`. */
function within<T>(scope: ReadScope, read: (tx: Transaction) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await restrictReads(tx, scope);
    return read(tx);
  });
}

async function idsIn(tx: Pick<Transaction, 'execute'>, table: string): Promise<unknown[]> {
  const rows = await tx.execute(
    sql`select distinct booster_customer_id as id from ${sql.identifier(table)} order by 1`,
  );
  return rows.map((row) => row['id']);
}

async function brandsIn(tx: Pick<Transaction, 'execute'>, table: string): Promise<unknown[]> {
  const rows = await tx.execute(sql`select distinct brand from ${sql.identifier(table)} order by 1`);
  return rows.map((row) => row['brand']);
}

async function countOf(tx: Pick<Transaction, 'execute'>, query: SQL): Promise<number> {
  const [row] = await tx.execute(query);
  return Number(row?.['count'] ?? 0);
}

describe('queries that forgot their WHERE', () => {
  test.each<[string, ReadScope, number[]]>([
    ['see the customers of the brand', { brands: ['cartier'], posCodes: null }, [1, 2]],
    ['see the customers of several brands', { brands: ['piaget', 'cartier'], posCodes: null }, everyone],
    ['see all with all brands', { brands: '*', posCodes: null }, everyone],
    ['see the customers of a point of sale', { brands: ['piaget'], posCodes: ['P1'] }, [3]],
    ['see a point of sale of every brand', { brands: '*', posCodes: ['P2'] }, [2, 4]],
    [
      'see the customers of all points of sale listed',
      { brands: ['piaget'], posCodes: ['P2', 'P1'] },
      [3, 4],
    ],
    ['see nobody of an unknown point of sale', { brands: ['cartier'], posCodes: ['P3'] }, []],
    ['see nobody of an unknown brand', { brands: ['iwc'], posCodes: null }, []],
    ['see nobody of an unknown brand and no point of sale', { brands: ['iwc'], posCodes: [] }, []],
    ['see nobody without brands', { brands: [], posCodes: null }, []],
    ['see nobody without points of sale', { brands: ['cartier'], posCodes: [] }, []],
  ])('%s', async (_, scope, ids) => {
    const seen = await within(scope, (tx) => Promise.all(perCustomer.map((table) => idsIn(tx, table))));
    expect(seen).toEqual(perCustomer.map(() => ids));
  });

  test('see what the forms of their brand offer', async () => {
    const seen = await within({ brands: ['piaget'], posCodes: ['P1'] }, async (tx) => ({
      brands: await countOf(tx, sql`select count(*) from brands`),
      pointsOfSale: await countOf(tx, sql`select count(*) from points_of_sale`),
      dictionaries: await Promise.all(dictionaries.map((table) => brandsIn(tx, table))),
    }));
    expect(seen).toEqual({ brands: 1, pointsOfSale: 2, dictionaries: dictionaries.map(() => ['piaget']) });
  });
});

test.each([
  ['stored lines', storedChunk],
  ['built lines', (conditions: { brand: string }) => builtChunk(conditions, completeSelection)],
])('an export’s %s of the wrong brand are none', async (_, chunk) => {
  const all = { first: 0, last: 1_000_000, pieces: [{ first: 0, last: 1_000_000 }] };
  const scope: ReadScope = { brands: ['cartier'], posCodes: null };
  const count = (brand: string) => within(scope, (tx) => countOf(tx, chunk({ brand }).rows(all)));
  expect(await count('cartier')).toBe(2);
  expect(await count('piaget')).toBe(0);
  const unrestricted = await db.transaction((tx) => countOf(tx, chunk({ brand: 'piaget' }).rows(all)));
  expect(unrestricted).toBe(2);
});

test('an export’s lines of the wrong points of sale are none, in the whole brand too', async () => {
  const all = { first: 0, last: 1_000_000, pieces: [{ first: 0, last: 1_000_000 }] };
  const scope: ReadScope = { brands: ['cartier'], posCodes: ['P2'] };
  expect(await within(scope, (tx) => countOf(tx, storedChunk({ brand: 'cartier' }).rows(all)))).toBe(1);
  expect(
    await within(scope, (tx) => countOf(tx, builtChunk({ brand: 'cartier' }, completeSelection).rows(all))),
  ).toBe(1);
});

test('lists are open to whoever reads for somebody, since every query reaches them through customers', async () => {
  const seen = (scope: ReadScope) =>
    within(scope, (tx) => Promise.all(lists.map((table) => idsIn(tx, table))));
  expect(await seen({ brands: ['cartier'], posCodes: ['P1'] })).toEqual(lists.map(() => everyone));
  expect(await seen({ brands: [], posCodes: null })).toEqual(lists.map(() => []));
});

test('a customer that moves to another point of sale takes its line along', async () => {
  const ids = () => within({ brands: ['piaget'], posCodes: ['P1'] }, (tx) => idsIn(tx, 'customer_lines'));
  const move = (posCode: string) =>
    db.execute(sql`update customers set pos_code = ${posCode} where booster_customer_id = 4`);
  await move('P1');
  expect(await ids()).toEqual([3, 4]);
  await move('P2');
  expect(await ids()).toEqual([3]);
});

test('a transaction that has not said for whom it reads sees nobody and nothing', async () => {
  const counts = await db.transaction(async (tx) => {
    await tx.execute(sql`set local role customer_export_reader`);
    return Promise.all(
      ['brands', ...tables, ...dictionaries].map((table) =>
        countOf(tx, sql`select count(*) from ${sql.identifier(table)}`),
      ),
    );
  });
  expect(counts.every((count) => count === 0)).toBe(true);
});

test('a restriction ends with its transaction, and the next reader on the connection sees nobody', async () => {
  const one = connect(url, { max: 1 });
  try {
    for (const end of ['commit', 'rollback']) {
      const read = one.db.transaction(async (tx) => {
        await restrictReads(tx, { brands: ['cartier'], posCodes: null });
        expect(await idsIn(tx, 'customers')).toEqual([1, 2]);
        if (end === 'rollback') throw new Error('on purpose');
      });
      await read.catch(() => {});
      expect(await idsIn(one.db, 'customers')).toEqual(everyone);
      await one.db.transaction(async (tx) => {
        await tx.execute(sql`set local role customer_export_reader`);
        for (const table of tables) expect(await idsIn(tx, table)).toEqual([]);
      });
    }
  } finally {
    await one.close();
  }
});

test('outside a transaction a restriction has no effect', async () => {
  const one = connect(url, { max: 1 });
  try {
    await one.db.execute(restriction({ brands: ['cartier'], posCodes: null }));
    expect(await idsIn(one.db, 'customers')).toEqual(everyone);
  } finally {
    await one.close();
  }
});

test('every connection of a snapshot can be restricted', async () => {
  await using snapshot = await openSnapshot(url, {
    readers: 2,
    name: 'test',
    signal: new AbortController().signal,
    prepare: [restriction({ brands: ['piaget'], posCodes: ['P1'] })],
  });
  for (const reader of snapshot.readers) {
    const rows = await reader.read(sql`select booster_customer_id::text from customers`);
    expect(rows.map(([id]) => String(id))).toEqual(['3']);
  }
});

describe('whoever reads for a caller', () => {
  test.each(['exports', 'audit', 'settings'])('may not read %s', async (table) => {
    const read = within({ brands: '*', posCodes: null }, (tx) =>
      tx.execute(sql`select from ${sql.identifier(table)}`),
    );
    await expect(read).rejects.toHaveProperty('cause.code', '42501');
  });

  test.each(['brands', ...tables, ...dictionaries])('may not write %s', async (table) => {
    const write = (statement: SQL) => within({ brands: '*', posCodes: null }, (tx) => tx.execute(statement));
    const name = sql.identifier(table);
    await expect(write(sql`delete from ${name}`)).rejects.toHaveProperty('cause.code', '42501');
    await expect(write(sql`insert into ${name} default values`)).rejects.toHaveProperty(
      'cause.code',
      '42501',
    );
    await expect(write(sql`truncate ${name}`)).rejects.toHaveProperty('cause.code', '42501');
  });

  test('may read no table that has no policy', async () => {
    const rows = await db.execute(sql`
      select relname from pg_class
      where relkind in ('r', 'p', 'v', 'm') and relnamespace = current_schema()::regnamespace
        and has_table_privilege('customer_export_reader', oid, 'SELECT')
        and not (relrowsecurity and exists (select from pg_policy where polrelid = pg_class.oid))`);
    expect(rows.map((row) => row['relname'])).toEqual([]);
  });
});

test('codes of any characters are taken for what they are', async () => {
  const codes = ['a,b', '{c}', '"d"', '\\e', 'NULL', "f'", ' g ', 'ü', 'all', '*'];
  for (const code of codes) {
    const [row] = await within({ brands: [code], posCodes: [code] }, (tx) =>
      tx.execute(sql`select readable_brands() as brands, readable_pos_codes() as "posCodes"`),
    );
    expect(row).toEqual({ brands: [code], posCodes: [code] });
  }
});

test('the tables’ owner reads and writes as before', async () => {
  expect(await idsIn(db, 'customers')).toEqual(everyone);
  await addCustomers(db, { count: 1, brand: 'piaget', posCode: 'P2', firstId: 5 });
  expect(await idsIn(db, 'customer_lines')).toEqual([...everyone, 5]);
  await db.execute(sql`delete from customers where booster_customer_id = 5`);
  expect(await idsIn(db, 'customer_lines')).toEqual(everyone);
});
