import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { seedCustomers } from '../../src/customers/demo/seed.ts';
import { importCustomers } from '../../src/customers/import.ts';
import { completeSelection, printSelection } from '../../src/customers/selection.ts';
import { useApp } from '../support/app.ts';
import { query, watch } from '../support/client.ts';

const source = useApp();
const target = useApp();
const complete = printSelection(completeSelection);

beforeAll(async () => {
  await seedCustomers(source.databaseUrl, { customers: 3_000, brand: null, seed: 'round trip' });
});

type World = Pick<typeof source, 'url'>;
type Brand = { readonly code: string; readonly posCodes: readonly string[] };

/** Brands with their points of sale, as a caller finds them. */
async function listBrands(world: World): Promise<Brand[]> {
  const { body } = await query(world.url(), '{ brands { code pointsOfSale { posCode } } }');
  return body.data?.['brands'].map(
    ({ code, pointsOfSale }: { code: string; pointsOfSale: { posCode: string }[] }) => ({
      code,
      posCodes: pointsOfSale.map(({ posCode }) => posCode),
    }),
  );
}

let requests = 0;

/** The files of a world, by brand; brands without customers are left out. */
async function exportAll(world: World, selection: string | null): Promise<Map<string, string>> {
  const brands = await listBrands(world);
  const files = await Promise.all(brands.map((brand) => exportBrand(world, brand, selection)));
  return new Map(brands.flatMap(({ code }, at) => (files[at] ? [[code, files[at]]] : [])));
}

async function exportBrand(
  world: World,
  { code, posCodes }: Brand,
  selection: string | null,
): Promise<string> {
  const { body } = await query(
    world.url(),
    'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId userErrors { message } } }',
    { input: { downloadRequestId: `${++requests}`, filter: { brand: code, posCodes }, selection } },
  );
  const { asyncTaskId, userErrors } = body.data?.['startCustomerExport'] ?? {};
  expect(userErrors).toEqual([]);
  const events = await watch(
    world.url(),
    'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status file { url } } }',
    { id: asyncTaskId },
  );
  const done = events.at(-1)?.data?.['customerExportProgress'];
  expect(done.status).toBe('COMPLETED');
  return (await fetch(done.file.url)).text();
}

/** Imports all files as one, whose every line must go in. */
async function importAll(url: string, files: ReadonlyMap<string, string>): Promise<void> {
  const file = Buffer.from([...files.values()].join(''));
  const read = async function* () {
    yield file;
  };
  const report = await importCustomers(url, read(), {
    onFault: (line, reason) => {
      throw new Error(`line ${line}: ${reason}`);
    },
  });
  expect(report).toEqual({ imported: 3_000, replaced: 0, skipped: 0 });
}

test('what was exported with everything, and imported elsewhere, is exported as the same bytes', async () => {
  const files = await exportAll(source, complete);
  expect(files.size).toBeGreaterThan(2);
  const lines = [...files.values()].flatMap((text) => text.trimEnd().split('\n'));
  expect(lines).toHaveLength(3_000);
  expect(lines.some((line) => JSON.parse(line).transactions.length > 1)).toBe(true);

  await importAll(target.databaseUrl, files);
  expect(await exportAll(target, complete)).toEqual(files);
  // The default lines follow from the same customers.
  expect(await exportAll(target, null)).toEqual(await exportAll(source, null));
});

test('default lines without transactions keep their spending and last transaction date', async () => {
  const files = await exportAll(source, null);
  const lines = [...files.values()].flatMap((text) => text.trimEnd().split('\n'));
  expect(lines.filter((line) => JSON.parse(line).clientSpending > 0).length).toBeGreaterThan(100);

  await target.db.execute(sql`truncate brands, customers cascade`);
  await importAll(target.databaseUrl, files);
  expect(await target.db.execute(sql`select from transactions limit 1`)).toHaveLength(0);
  expect(await exportAll(target, null)).toEqual(files);
});
