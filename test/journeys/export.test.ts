import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { query, watch } from '../support/client.ts';

const app = useApp();

/** What the generator of demo customers does not make. */
const oddTexts = [
  'Zoë "Zed" O’Neill',
  'back\\slash \\n \\u0041',
  'line\nbreak\r\nand\ttab',
  '\u0001\u001f\u007f\u2028\u2029 controls',
  '🛍️👩‍👩‍👧 emoji',
  'שלום עולم',
  '李 小龍',
  'x'.repeat(10_000),
  '</script>{"json":true}',
  '',
];

beforeAll(async () => {
  await app.db.execute(sql`insert into brands values ('maison', 'Maison'), ('other', 'Other')`);
  await app.db.execute(
    sql`insert into points_of_sale values ('maison', 'P1', 'One'), ('maison', 'P2', 'Two'), ('other', 'P1', 'Other')`,
  );
  for (const [at, text] of oddTexts.entries()) {
    await app.db.execute(sql`insert into customers (booster_customer_id, brand, pos_code, first_name, last_name, creation_date, customer_status, can_be_contacted_by_maison, has_sap_crm_error)
      values (${100 - at}, 'maison', ${at % 2 ? 'P1' : 'P2'}, ${text}, null, ${new Date(at * 1e10).toISOString()}, 'Client', ${at % 3 === 0}, false)`);
    await app.db.execute(sql`insert into customer_hobbies values (${100 - at}, null, ${text})`);
    await app.db.execute(
      sql`insert into transactions values (${100 - at}, ${text || 'id'}, '2024-02-29T23:59:59.9999Z', ${at + 0.5}, null, 'G')`,
    );
  }
  await app.db.execute(sql`insert into customers (booster_customer_id, brand, pos_code, creation_date, customer_status, can_be_contacted_by_maison, has_sap_crm_error)
    values (1, 'other', 'P1', now(), 'Client', true, false)`);
});

const start = `mutation ($input: StartCustomerExportInput!) {
  startCustomerExport(input: $input) { asyncTaskId customerExport { status } userErrors { code message field } }
}`;
const progress = `subscription ($id: ID!) {
  customerExportProgress(asyncTaskId: $id) {
    status progress objectCount totalObjectCount transactionTime attempts
    file { url fileName contentType fileSize uncompressedSize objectCount fileChecksum }
    failure { code message }
  }
}`;

async function exportAll(input: Record<string, unknown>) {
  const { body } = await query(app.url(), start, {
    input: { filter: { brand: 'maison', posCodes: ['P1', 'P2'] }, ...input },
  });
  expect(body.errors).toBeUndefined();
  expect(body.data?.['startCustomerExport'].userErrors).toEqual([]);
  const events = await watch(app.url(), progress, { id: body.data?.['startCustomerExport'].asyncTaskId });
  return events.map((event) => event.data?.['customerExportProgress']);
}

test('an export runs from the mutation to a file that is exactly the customers', async () => {
  const before = Date.now();
  const states = await exportAll({
    downloadRequestId: 'whole',
    selection:
      '{ boosterCustomerId name: firstName hobbies { hobby } transactions { transactionId transactionDate amount productCategory { grandCategoryId subCategoryId } } }',
  });
  const last = states.at(-1);
  expect(last).toMatchObject({
    status: 'COMPLETED',
    progress: 100,
    objectCount: 10,
    totalObjectCount: 10,
    attempts: 1,
  });
  expect(Math.abs(Date.parse(last.transactionTime) - before)).toBeLessThan(10_000);

  const response = await fetch(last.file.url);
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(response.status).toBe(200);
  expect(bytes.byteLength).toBe(last.file.fileSize);
  expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(last.file.fileChecksum);

  const expected = [...oddTexts.entries()].reverse().map(([at, text]) =>
    JSON.stringify({
      boosterCustomerId: 100 - at,
      name: text,
      hobbies: [{ hobby: text }],
      transactions: [
        {
          transactionId: text || 'id',
          transactionDate: '2024-02-29T23:59:59.999Z',
          amount: at + 0.5,
          productCategory: { grandCategoryId: 'G', subCategoryId: null },
        },
      ],
    }),
  );
  expect(bytes.toString()).toBe(`${expected.join('\n')}\n`);
});

test('the first event is the current state, and a late subscriber gets the terminal one at once', async () => {
  const first = await exportAll({ downloadRequestId: 'late' });
  expect(['CREATED', 'RUNNING', 'COMPLETED']).toContain(first[0].status);
  const again = await exportAll({ downloadRequestId: 'late' });
  expect(again).toHaveLength(1);
  expect(again[0].status).toBe('COMPLETED');
});

test('the default line has every field but transactions, in the order of the contract', async () => {
  const states = await exportAll({
    downloadRequestId: 'default',
    filter: { brand: 'maison', posCodes: ['P1'], boosterCustomerIds: [99] },
  });
  const text = await (await fetch(states.at(-1).file.url)).text();
  expect(text).toBe(
    `${JSON.stringify({
      boosterCustomerId: 99,
      sapCrmId: null,
      brand: 'maison',
      posCode: 'P1',
      firstName: oddTexts[1],
      lastName: null,
      email: null,
      phoneNumber: null,
      locationCountryId: null,
      birthdate: null,
      creationDate: '1970-04-26T17:46:40.000Z',
      customerStatus: 'Client',
      canBeContactedByMaison: false,
      hasSapCrmError: false,
      clientSpending: 1.5,
      lastTransactionDate: '2024-02-29T23:59:59.999Z',
      saleRepresentativeEmail: null,
      interests: [],
      hobbies: [{ hobby: oddTexts[1], sapHobbyId: null }],
      productCollections: [],
    })}\n`,
  );
});

test('an export of nobody is an empty file', async () => {
  const states = await exportAll({
    downloadRequestId: 'nobody',
    filter: { brand: 'maison', posCodes: ['P1'], email: 'nobody@example.com' },
  });
  expect(states.at(-1)).toMatchObject({
    status: 'COMPLETED',
    progress: 100,
    objectCount: 0,
    totalObjectCount: 0,
  });
  expect(await (await fetch(states.at(-1).file.url)).text()).toBe('');
});

test.each(['GZIP', 'ZSTD'])(
  'a %s file holds the same lines and names its checksum over the bytes served',
  async (compression) => {
    const plain = await exportAll({ downloadRequestId: 'plain' });
    const states = await exportAll({ downloadRequestId: compression, compression });
    const { file } = states.at(-1);
    const bytes = Buffer.from(await (await fetch(file.url)).arrayBuffer());
    expect(file.contentType).toBe(`application/${compression.toLowerCase()}`);
    expect(file.fileName).toMatch(compression === 'GZIP' ? /\.jsonl\.gz$/ : /\.jsonl\.zst$/);
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(file.fileChecksum);
    const zlib = await import('node:zlib');
    const text = (
      compression === 'GZIP' ? zlib.gunzipSync(bytes) : zlib.zstdDecompressSync(bytes)
    ).toString();
    expect(text.length).toBeGreaterThan(0);
    expect(text).toBe(await (await fetch(plain.at(-1).file.url)).text());
    expect(Buffer.byteLength(text)).toBe(file.uncompressedSize);
  },
);

test('the customers query shows the values of the lines', async () => {
  const fields =
    'boosterCustomerId firstName hobbies { hobby sapHobbyId } transactions { transactionId transactionDate amount }';
  const states = await exportAll({ downloadRequestId: 'agree', selection: `{ ${fields} }` });
  const lines = (await (await fetch(states.at(-1).file.url)).text()).trimEnd().split('\n');
  const { body } = await query(
    app.url(),
    `query ($filter: CustomerFilterInput!) { customers(filter: $filter, first: 100) { totalCount nodes { ${fields} } } }`,
    { filter: { brand: 'maison', posCodes: ['P1', 'P2'] } },
  );
  expect(body.data?.['customers'].totalCount).toBe(10);
  expect(body.data?.['customers'].nodes).toEqual(lines.map((line) => JSON.parse(line)));
});
