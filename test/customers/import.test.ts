import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createRandom } from '../../src/customers/demo/random.ts';
import { type ImportReport, importCustomers } from '../../src/customers/import.ts';
import { selectLines } from '../../src/customers/line.ts';
import { completeSelection, defaultSelection, type Selection } from '../../src/customers/selection.ts';
import { customers } from '../../src/db/tables.ts';
import { eventually } from '../support/eventually.ts';
import { fc } from '../support/fast-check.ts';
import { useDatabase } from '../support/postgres.ts';

const { url, db, sql: raw } = useDatabase();

beforeEach(async () => {
  await db.execute(sql`truncate brands, customers cascade`);
});

type Keys = { readonly [key: string]: unknown };

/** A line with every key, in the order of an export. */
const line = (boosterCustomerId: number, more: Keys = {}): Keys => ({
  boosterCustomerId,
  sapCrmId: null,
  brand: 'cartier',
  posCode: 'P1',
  firstName: null,
  lastName: null,
  email: null,
  phoneNumber: null,
  locationCountryId: null,
  birthdate: null,
  creationDate: '2023-11-01T12:30:00.000Z',
  customerStatus: 'Prospect',
  canBeContactedByMaison: false,
  hasSapCrmError: false,
  clientSpending: 0,
  lastTransactionDate: null,
  saleRepresentativeEmail: null,
  interests: [],
  hobbies: [],
  productCollections: [],
  transactions: [],
  ...more,
});

/** The same without transactions. */
const bareLine = (boosterCustomerId: number, more: Keys = {}): Keys => {
  const { transactions: _, ...bare } = line(boosterCustomerId, more);
  return bare;
};

const sale = (transactionId: string, amount: number, transactionDate = '2024-02-29T12:00:00.123Z'): Keys => ({
  transactionId,
  transactionDate,
  amount,
  productCategory: null,
});

async function* bytesOf(...lines: readonly (Keys | string)[]): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`);
}

type Told = ImportReport & { readonly faults: readonly string[] };

async function put(...lines: readonly (Keys | string)[]): Promise<Told> {
  const faults: string[] = [];
  const onFault = (number: number, reason: string) => faults.push(`${number}: ${reason}`);
  return { ...(await importCustomers(url, bytesOf(...lines), { onFault })), faults };
}

/** The lines that an export writes. */
async function exported(selection: Selection = completeSelection): Promise<unknown[]> {
  const rows = await db.execute(selectLines(selection, sql`select * from ${customers}`));
  return rows.map((row) => row['line']);
}

const texts = (...lines: readonly Keys[]) => lines.map((line) => JSON.stringify(line));

const full = line(2147483647, {
  sapCrmId: '0012345678',
  firstName: 'Zoë "Z" O’Neil\\Sons',
  lastName: '\t名前\n\r👩‍👧 \u0001 \u2028 مرحبا \\N \\.',
  email: "Zoë.O'Neil+a@Example.com",
  phoneNumber: '+390212345678',
  locationCountryId: 'IT',
  birthdate: '1980-02-29',
  creationDate: '0001-01-01T00:00:00.000Z',
  customerStatus: 'Client',
  canBeContactedByMaison: true,
  hasSapCrmError: true,
  clientSpending: 'TOTAL',
  lastTransactionDate: '9999-12-31T23:59:59.999Z',
  saleRepresentativeEmail: 'rep\\@example.com',
  interests: [
    { interest: null, sapInterestId: 'CA-1' },
    { interest: 'Or\tjaune', sapInterestId: 'CA-2' },
  ],
  hobbies: [
    { hobby: null, sapHobbyId: 'ART' },
    { hobby: 'Thé\n茶道', sapHobbyId: null },
  ],
  productCollections: [{ productCollection: '', sapProductCollectionId: 'L\\1' }],
  transactions: [
    {
      transactionId: 'T\t1',
      transactionDate: '2024-02-29T12:00:00.001Z',
      amount: -0.01,
      productCategory: {
        brandCategoryId: null,
        grandCategoryId: 'JEW\\',
        masterCategoryId: null,
        categoryId: '',
        subCategoryId: 'x',
      },
    },
    { ...sale('T2', 0, '9999-12-31T23:59:59.999Z'), amount: 'AMOUNT' },
  ],
});

/** A double could not tell these amounts from others. */
const fullText = JSON.stringify(full)
  .replace('"TOTAL"', '99999999999999.98')
  .replace('"AMOUNT"', '99999999999999.99');

test('an export of what was imported gives the same lines', async () => {
  const plain = JSON.stringify(
    line(-5, {
      clientSpending: 12.5,
      lastTransactionDate: '2024-02-29T12:00:00.123Z',
      transactions: [sale('a', 2.5), sale('b', 10)],
    }),
  );
  expect(await put(`${fullText}\n`, plain)).toEqual({ imported: 2, replaced: 0, skipped: 0, faults: [] });
  expect(await exported()).toEqual([plain, fullText]);
  expect(await stored()).toEqual(await exported(defaultSelection));
  // And again, over themselves.
  await put(`${fullText}\n`, plain);
  expect(await exported()).toEqual([plain, fullText]);
});

test('every text comes back, whatever is in it', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !text.includes('\0'));
  const code = text.filter((text) => text.trim() !== '' && !/\p{Cc}/u.test(text));
  const lines = fc.array(fc.tuple(code, text, text, text), { minLength: 1, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(lines, async (all) => {
      await db.execute(sql`delete from customers`);
      const lines = all.map(([code, name, email, label], n) =>
        bareLine(n, {
          sapCrmId: label,
          brand: code,
          posCode: code,
          firstName: name,
          lastName: name,
          email,
          saleRepresentativeEmail: email,
          interests: [{ interest: label, sapInterestId: code }],
          hobbies: [{ hobby: label, sapHobbyId: code }],
        }),
      );
      expect(await put(...lines)).toMatchObject({ skipped: 0 });
      expect(await exported(defaultSelection)).toEqual(texts(...lines));
      expect(await stored()).toEqual(texts(...lines));
    }),
    { numRuns: 10 },
  );
});

test('lines are stored as they would be built: lists in order, amounts and instants in short', async () => {
  const tag = (sapInterestId: string) => ({ interest: null, sapInterestId });
  await put(
    bareLine(1, {
      creationDate: '2023-11-01T12:30:00.123456+01:00',
      clientSpending: 100,
      lastTransactionDate: '2024-02-29T12:00:00.999999Z',
      birthdate: '0001-01-01',
      // By code point: JavaScript's own order has the emoji before U+FFFD.
      interests: ['\u{1f339}', 'b', '\ufffd', 'a', 'ab', 'é'].map(tag),
      hobbies: [
        { hobby: 'b', sapHobbyId: null },
        { hobby: 'a', sapHobbyId: null },
        { hobby: null, sapHobbyId: 'z' },
      ],
    }),
    bareLine(2, { clientSpending: -0.5 }),
    bareLine(3, { clientSpending: 1200.1 }),
    line(4, { transactions: [sale('a', 1.25), sale('b', 0.75)] }),
    line(5, { transactions: [sale('a', 1), sale('b', -1)] }),
  );
  expect(await stored()).toHaveLength(5);
  expect(await stored()).toEqual(await exported(defaultSelection));
});

test('names of 10,000 characters come back and are found', async () => {
  const name = 'Ångström 名前 🌹 '.repeat(1000).slice(0, 10_000);
  await put(bareLine(1, { firstName: name, lastName: name }));
  expect(await exported(defaultSelection)).toEqual(texts(bareLine(1, { firstName: name, lastName: name })));
  const found = await db.execute(sql`select from customers where search_name like '%angstrom 名前%'`);
  expect(found).toHaveLength(1);
});

test('what is as long as it may be fits into every index', async () => {
  // Four bytes each, and too random to be compressed.
  const random = createRandom(1, 1);
  const long = (length: number) =>
    Array.from({ length }, () => String.fromCodePoint(0x20000 + random.below(0xa000))).join('');
  const [id, categoryId, word] = [long(128), long(100), long(320)];
  const most = line(1, {
    sapCrmId: id,
    brand: long(128),
    posCode: id,
    firstName: long(10_000),
    lastName: long(10_000),
    email: word,
    locationCountryId: id,
    saleRepresentativeEmail: word,
    clientSpending: 1,
    lastTransactionDate: '2024-02-29T12:00:00.123Z',
    interests: [{ interest: long(10_000), sapInterestId: id }],
    hobbies: [{ hobby: word, sapHobbyId: id }],
    productCollections: [{ productCollection: long(10_000), sapProductCollectionId: id }],
    transactions: [
      {
        ...sale(id, 1),
        productCategory: {
          brandCategoryId: categoryId,
          grandCategoryId: categoryId,
          masterCategoryId: categoryId,
          categoryId,
          subCategoryId: categoryId,
        },
      },
    ],
  });
  expect(await put(most)).toMatchObject({ imported: 1, faults: [] });
  expect(await exported()).toEqual(texts(most));
});

test('bad lines are told with their number and left out, the others go in', async () => {
  const told = await put(
    '\uFEFF',
    line(1),
    '\r\n',
    '{"boosterCustomerId":2\n',
    line(3),
    `${JSON.stringify(line(4)).replace('cartier', '\\u0000')}\r\n`,
    line(5, { vip: true }),
    JSON.stringify(line(6)),
  );
  expect(told).toEqual({
    imported: 3,
    replaced: 0,
    skipped: 3,
    faults: ['3: not JSON', '5: brand holds \\u0000, which cannot be stored', '6: unknown key "vip"'],
  });
  expect(await exported()).toEqual(texts(line(1), line(3), line(6)));
});

test('of several lines for one customer the last counts, and this is told', async () => {
  const told = await put(line(1, { firstName: 'first' }), line(2), line(1, { firstName: 'last' }));
  expect(told).toEqual({
    imported: 2,
    replaced: 1,
    skipped: 0,
    faults: ['3: boosterCustomerId 1 was on an earlier line, which this one replaces'],
  });
  expect(await exported()).toEqual(texts(line(1, { firstName: 'last' }), line(2)));
});

test('lines have the same effect one after the other, whatever the batches', async () => {
  const { clientSpending: _, lastTransactionDate: __, transactions: ___, ...rest } = line(0);
  const id = fc.integer({ min: 1, max: 4 });
  const tags = fc.subarray(['A', 'B', 'C']);
  const totals = fc.constantFrom(
    { clientSpending: 0, lastTransactionDate: null },
    { clientSpending: 12.25, lastTransactionDate: '2020-01-01T00:00:00.000Z' },
  );
  const sales = fc
    .subarray([sale('a', 1), sale('b', 2.5, '2022-01-01T00:00:00.000Z'), sale('c', -3)])
    .map((transactions) => ({ transactions }));
  const anyLine = fc
    .tuple(id, fc.constantFrom('cartier', 'iwc'), tags, totals, fc.oneof(fc.constant({}), sales))
    .map(([boosterCustomerId, brand, tags, totals, sales]) => ({
      ...rest,
      boosterCustomerId,
      brand,
      ...totals,
      interests: tags.map((tag) => ({ interest: `${brand} ${tag}`, sapInterestId: tag })),
      hobbies: tags.map((tag) => ({ hobby: tag, sapHobbyId: null })),
      productCollections: tags.map((tag) => ({ productCollection: null, sapProductCollectionId: tag })),
      ...sales,
    }));
  const files = fc.array(fc.array(anyLine, { maxLength: 6 }), { maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(files, fc.constantFrom(1, 6, 100), async (files, batchRows) => {
      await db.execute(sql`delete from customers`);
      for (const file of files) {
        await importCustomers(url, bytesOf(...file), { onFault: () => {}, batchRows });
      }
      const lines = (await exported()).map((line) => JSON.parse(String(line)));
      expect(lines).toEqual(remember(files.flat()));
      expect(await stored()).toEqual(await exported(defaultSelection));
    }),
    { numRuns: 30 },
  );
}, 60_000);

/** What the lines make of no customers, as lines in order: the rules once more, in the plainest way. */
function remember(lines: readonly Keys[]): Keys[] {
  const known = new Map<unknown, Keys>();
  for (const line of lines) {
    const before = known.get(line['boosterCustomerId']);
    const sales = line['transactions'] ?? before?.['transactions'] ?? [];
    const all = z.array(z.looseObject({ amount: z.number(), transactionDate: z.string() })).parse(sales);
    const dates = all.map(({ transactionDate }) => transactionDate).sort();
    const follow = {
      clientSpending: all.reduce((total, { amount }) => total + amount, 0),
      lastTransactionDate: dates.at(-1) ?? null,
    };
    const given = line['transactions'] === undefined && all.length === 0;
    const byDate = all.toSorted((a, b) => (a.transactionDate < b.transactionDate ? -1 : 1));
    known.set(line['boosterCustomerId'], { ...line, ...(given ? {} : follow), transactions: byDate });
  }
  return [...known.values()].sort((a, b) => Number(a['boosterCustomerId']) - Number(b['boosterCustomerId']));
}

test('a line replaces its customer, brand and all', async () => {
  await put(fullText.replace('2147483647', '1'));
  await put(line(1, { brand: 'iwc', interests: [{ interest: 'new', sapInterestId: 'CA-2' }] }));
  const now = line(1, { brand: 'iwc', interests: [{ interest: 'new', sapInterestId: 'CA-2' }] });
  expect(await exported()).toEqual(texts(now));
  expect(await stored()).toEqual(await exported(defaultSelection));
});

test('transactions of a line replace the customer’s, and its totals follow from them', async () => {
  const { clientSpending, lastTransactionDate, ...rest } = line(1);
  await put({ ...rest, transactions: [sale('a', 1), sale('b', 2)] });
  await put({
    ...rest,
    clientSpending: 77,
    transactions: [sale('c', 4), sale('b', 2.5, '2020-01-01T00:00:00.000Z')],
  });
  const now = { clientSpending: 6.5, lastTransactionDate: '2024-02-29T12:00:00.123Z' };
  const [kept] = await exported();
  expect(JSON.parse(String(kept))).toEqual({
    ...rest,
    ...now,
    transactions: [sale('b', 2.5, '2020-01-01T00:00:00.000Z'), sale('c', 4)],
  });
});

test('an empty list of transactions means none: nothing spent, and never', async () => {
  await put(line(1, { transactions: [sale('a', 1)] }), bareLine(2, { clientSpending: 5 }));
  await put(line(1, { clientSpending: 9, lastTransactionDate: '2024-02-29T12:00:00.123Z' }), line(2));
  expect(await exported()).toEqual(texts(line(1), line(2)));
});

test('without transactions a line leaves them and their totals alone', async () => {
  await put(line(1, { transactions: [sale('a', 1.25)] }));
  await put(bareLine(1, { firstName: 'new', clientSpending: 9 }));
  const totals = { clientSpending: 1.25, lastTransactionDate: '2024-02-29T12:00:00.123Z' };
  expect(await exported()).toEqual(
    texts(line(1, { firstName: 'new', ...totals, transactions: [sale('a', 1.25)] })),
  );
});

test('a customer without transactions keeps the totals of its line', async () => {
  const totals = { clientSpending: 1250.75, lastTransactionDate: '2019-12-31T23:59:59.999Z' };
  await put(bareLine(1, totals));
  expect(await exported(defaultSelection)).toEqual(texts(bareLine(1, totals)));
  await put(bareLine(1, { clientSpending: 3 }));
  expect(await exported(defaultSelection)).toEqual(texts(bareLine(1, { clientSpending: 3 })));
});

test('what a filter form offers comes from the lines', async () => {
  await put(`${fullText}\n`, bareLine(1, { interests: [{ interest: 'Gold', sapInterestId: 'CA-1' }] }));
  const read = async (query: ReturnType<typeof sql>) =>
    (await db.execute(query)).map((row) => Object.values(row));
  expect(await read(sql`select code, name from brands`)).toEqual([['cartier', 'cartier']]);
  expect(await read(sql`select brand, pos_code, name from points_of_sale`)).toEqual([
    ['cartier', 'P1', 'P1'],
  ]);
  expect(await read(sql`select brand, sap_interest_id, interest from interests order by 2`)).toEqual([
    ['cartier', 'CA-1', 'Gold'],
    ['cartier', 'CA-2', 'Or\tjaune'],
  ]);
  expect(await read(sql`select brand, sap_hobby_id, hobby from hobbies order by 2`)).toEqual([
    ['cartier', 'ART', null],
    ['cartier', null, 'Thé\n茶道'],
  ]);
  expect(await read(sql`select * from product_collections`)).toEqual([['cartier', 'L\\1', '']]);
  expect(await read(sql`select * from product_categories`)).toEqual([
    ['cartier', null, 'JEW\\', null, '', 'x'],
  ]);
  expect(await read(sql`select * from sales_representatives`)).toEqual([
    ['cartier', 'rep\\@example.com', null],
  ]);
});

test('what a filter form offers already keeps its name', async () => {
  await db.execute(sql`insert into brands values ('cartier', 'Cartier')`);
  await db.execute(sql`insert into interests values ('cartier', 'CA-1', 'Gold'), ('cartier', 'CA-2', null)`);
  const interest = (sapInterestId: string) => ({ interest: 'of the line', sapInterestId });
  await put(line(1, { interests: [interest('CA-1'), interest('CA-2')] }));
  expect(await db.execute(sql`select name from brands`)).toMatchObject([{ name: 'Cartier' }]);
  expect(await db.execute(sql`select interest from interests order by sap_interest_id`)).toMatchObject([
    { interest: 'Gold' },
    { interest: 'of the line' },
  ]);
});

test('an import that is the same as what is there writes no row', async () => {
  await put(`${fullText}\n`, line(1, { transactions: [sale('a', 1)] }));
  const versions = () =>
    db.execute(sql`
    select xmin::text from customers union all select xmin::text from customer_interests
    union all select xmin::text from customer_hobbies union all select xmin::text from customer_product_collections
    union all select xmin::text from transactions union all select xmin::text from customer_lines`);
  const before = [...(await versions())];
  await put(`${fullText}\n`, line(1, { transactions: [sale('a', 1)] }));
  expect([...(await versions())]).toEqual(before);
});

test('a source that fails leaves all as it was', async () => {
  await put(line(1));
  async function* failing() {
    for (let id = 1; id < 3000; id += 1) yield* bytesOf(line(id, { firstName: 'new' }));
    throw new Error('The disk is gone.');
  }
  await expect(importCustomers(url, failing(), { onFault: () => {}, batchRows: 1000 })).rejects.toThrow(
    'The disk is gone.',
  );
  expect(await exported()).toEqual(texts(line(1)));
  expect(await db.execute(sql`select from brands`)).toHaveLength(1);
});

test('an abort in the middle leaves all as it was', async () => {
  await put(line(1));
  const stop = new AbortController();
  async function* endless() {
    for (let id = 1; ; id += 1) yield* bytesOf(line(id, { firstName: 'new' }));
  }
  const importing = importCustomers(url, endless(), {
    onFault: () => {},
    onProgress: ({ stored }) => stored > 500 && stop.abort(new Error('Enough.')),
    signal: stop.signal,
    batchRows: 500,
  });
  await expect(importing).rejects.toThrow('Enough.');
  expect(await exported()).toEqual(texts(line(1)));
});

test('an abort reaches an import that waits for its source', async () => {
  const stop = new AbortController();
  async function* stuck() {
    yield* bytesOf(line(1));
    stop.abort(new Error('Enough.'));
    await new Promise(() => {});
  }
  const importing = importCustomers(url, stuck(), { onFault: () => {}, signal: stop.signal });
  await expect(importing).rejects.toThrow('Enough.');
  expect(await exported()).toEqual([]);
});

test.each([
  ['between two batches', 500],
  ['in the middle of a copy', 1_000_000],
])('a server that ends the connection %s leaves all as it was', async (_, batchRows) => {
  await put(line(1));
  async function* cut() {
    for (let id = 1; id < 20_000; id += 1) {
      yield* bytesOf(line(id, { firstName: 'new'.repeat(100) }));
      if (id === 9000) {
        await raw`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'customer-export import'`;
      }
    }
  }
  await expect(importCustomers(url, cut(), { onFault: () => {}, batchRows })).rejects.toThrow();
  expect(await exported()).toEqual(texts(line(1)));
});

test('two imports at once take turns', async () => {
  const ids = Array.from({ length: 300 }, (_, n) => n);
  const [up, down] = await Promise.all([
    put(...ids.map((id) => line(id, { firstName: 'up' }))),
    put(...ids.toReversed().map((id) => line(id, { firstName: 'down' }))),
  ]);
  expect([up.imported, down.imported]).toEqual([300, 300]);
  expect(await db.execute(sql`select first_name from customers group by 1`)).toHaveLength(1);
});

test('a customer that somebody else stores at the same moment gets what its line says', async () => {
  await put(line(1));
  const other = await raw.reserve();
  await other`begin`;
  await other`
    insert into customers (booster_customer_id, brand, pos_code, creation_date, customer_status,
      can_be_contacted_by_maison, has_sap_crm_error)
    values (3, 'cartier', 'P1', now(), 'Prospect', false, false)`;
  const lines = [2, 3, 4].map((id) => line(id, { firstName: 'new' }));
  const importing = put(...lines);
  await waitForLock();
  await other`commit`;
  other.release();
  expect(await importing).toMatchObject({ imported: 3, faults: [] });
  expect(await exported()).toEqual(texts(line(1), ...lines));
  expect(await stored()).toEqual(await exported(defaultSelection));
});

test('a first load waits for nobody who is at the tables', async () => {
  const other = await raw.reserve();
  await other`begin`;
  await other`select from customers`;
  await put(line(1), line(2));
  await other`rollback`;
  other.release();
  expect(await exported()).toEqual(texts(line(1), line(2)));
});

test('a first load leaves every index in its place', async () => {
  const indexes = () =>
    raw`select indexdef from pg_indexes where tablename in ('customers', 'customer_lines') order by 1`;
  const before = [...(await indexes())];
  await put(line(1));
  expect([...(await indexes())]).toEqual(before);
});

test('a user who owns no table and may not switch off triggers imports the same', async () => {
  const role = `loader_${process.pid}`;
  await raw.unsafe(`create role ${role} nologin bypassrls;
    grant select, insert, update, delete on all tables in schema public to ${role}`);
  try {
    const load = (...lines: readonly (Keys | string)[]) =>
      importCustomers(`${url}?role=${role}`, bytesOf(...lines), { onFault: () => {} });
    const bought = line(2, { transactions: [sale('a', 1.25)] });
    await load(`${fullText}\n`, bought);
    await load(
      bareLine(2, { firstName: 'new' }),
      line(3, { interests: [{ interest: 'x', sapInterestId: 'X' }] }),
    );
    expect(await exported()).toEqual([
      expect.stringContaining('"clientSpending":1.25'),
      JSON.stringify(line(3, { interests: [{ interest: 'x', sapInterestId: 'X' }] })),
      fullText,
    ]);
    expect(await stored()).toEqual(await exported(defaultSelection));
    await raw`delete from customers where booster_customer_id = 2`;
    expect(await raw`select from transactions where booster_customer_id = 2`).toHaveLength(0);
  } finally {
    await raw.unsafe(`drop owned by ${role}; drop role ${role}`);
  }
});

test('rows of a customer that is not there are refused, after a load too', async () => {
  await put(line(1));
  await expect(Promise.resolve(raw`insert into customer_interests values (2, 'X', 'x')`)).rejects.toThrow(
    'foreign key',
  );
});

/** Until somebody waits for a lock that another holds. */
async function waitForLock(): Promise<void> {
  await eventually(
    async () => {
      const waiting = await raw`select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'transactionid'`;
      expect(waiting).toHaveLength(1);
    },
    { interval: 20 },
  );
}

/** The lines that are stored for exports. */
async function stored(): Promise<unknown[]> {
  const rows = await db.execute(sql`select line from customer_lines order by booster_customer_id`);
  return rows.map((row) => row['line']);
}
