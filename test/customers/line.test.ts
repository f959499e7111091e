import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { parseCustomerFilter } from '../../src/customers/filter.ts';
import { selectLines } from '../../src/customers/line.ts';
import { readCustomerLines } from '../../src/customers/read.ts';
import { checkSelection } from '../../src/customers/selection/check.ts';
import { parseSelection } from '../../src/customers/selection.ts';
import { customers } from '../../src/db/tables.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { useApp } from '../support/app.ts';
import { query } from '../support/client.ts';
import { fc } from '../support/fast-check.ts';
import type { TestCustomer } from './filter/oracle.ts';
import { brand, insertWorld, posCodes, writeLine } from './line-world.ts';
import { anySelection, type TestSelection, writeSelection } from './selection/arbitrary.ts';

const app = useApp({ ROLES: 'gateway' });
const schema = buildSchema();
const filter = { brand, posCodes };

let all: TestCustomer[];
beforeAll(async () => {
  all = await insertWorld(app.db);
});

/** The selection in its one form, as an export keeps it. */
function check(selection: TestSelection): string {
  const checked = checkSelection(schema, writeSelection(selection), false);
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.selection;
}

/** The lines of everybody. */
async function buildLines(selection: TestSelection): Promise<string[]> {
  const matched = sql`select * from ${customers} where ${customers.brand} = ${brand}`;
  const rows = await app.db.execute<{ line: string }>(selectLines(parseSelection(check(selection)), matched));
  return rows.map(({ line }) => line);
}

/** The file that an export of everybody would be. */
async function readFile(selection: TestSelection): Promise<string> {
  const parsed = parseCustomerFilter(filter);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  await using lines = await readCustomerLines(app.databaseUrl, {
    filter: parsed.filter,
    selection: check(selection),
    scope: { brands: '*', posCodes: null },
    name: 'line test',
    signal: new AbortController().signal,
  });
  const chunks: Uint8Array[] = [];
  for await (const { bytes } of lines.chunks) chunks.push(bytes);
  return Buffer.concat(chunks).toString();
}

/** What the query `customers` answers, with the status as lines write it. */
async function explore(selection: TestSelection): Promise<unknown[]> {
  const { body } = await query(
    app.url(),
    `query ($filter: CustomerFilterInput!) { customers(filter: $filter, first: 100) { nodes ${writeSelection(selection)} } }`,
    { filter },
  );
  expect(body.errors).toBeUndefined();
  const statuses = selection.filter(({ field }) => field === 'customerStatus');
  return body.data?.['customers'].nodes.map((node: Record<string, unknown>) => {
    for (const { key } of statuses) node[key] = node[key] === 'CLIENT' ? 'Client' : 'Prospect';
    return node;
  });
}

test('the lines of any selection are exactly what it says of each customer, and what the query answers', async () => {
  expect(all.length).toBeGreaterThan(40);
  await fc.assert(
    fc.asyncProperty(anySelection, async (selection) => {
      const [lines, nodes] = await Promise.all([buildLines(selection), explore(selection)]);
      expect(lines).toEqual(all.map((customer) => writeLine(customer, selection)));
      for (const [at, line] of lines.entries()) {
        const parsed = JSON.parse(line);
        expect(Object.keys(parsed)).toEqual(selection.map(({ key }) => key));
        // As text, with the order of keys; numbers are compared as JavaScript has them.
        expect(JSON.stringify(nodes[at])).toBe(JSON.stringify(parsed));
      }
    }),
    { numRuns: 300 },
  );
}, 120_000);

test('a file is these lines, each ended by a line feed', async () => {
  await fc.assert(
    fc.asyncProperty(anySelection, async (selection) => {
      const lines = all.map((customer) => `${writeLine(customer, selection)}\n`);
      expect(await readFile(selection)).toBe(lines.join(''));
    }),
    { numRuns: 20 },
  );
});
