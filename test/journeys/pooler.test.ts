import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/db/client.ts';
import { useApp } from '../support/app.ts';
import { query, watch } from '../support/client.ts';
import { addCustomers } from '../support/customers.ts';
import { usePgbouncer } from '../support/pgbouncer.ts';

// Fewer connections than the gateway asks for, so that each serves everybody in turn.
const pooler = usePgbouncer({ mode: 'transaction', size: 2 });
const app: ReturnType<typeof useApp> = useApp({
  get DATABASE_URL() {
    return pooler.through(app.databaseUrl);
  },
  get DATABASE_DIRECT_URL() {
    return app.databaseUrl;
  },
});

beforeAll(async () => {
  await app.db.execute(sql`insert into brands values ('maison', 'Maison'), ('other', 'Other')`);
  await app.db.execute(
    sql`insert into points_of_sale values ('maison', 'P1', 'One'), ('other', 'P1', 'One')`,
  );
  await addCustomers(app.db, { count: 3_000, brand: 'maison', nameLength: 500 });
  await addCustomers(app.db, { count: 7, brand: 'other', firstId: 100_000 });
});

const start = `mutation ($input: StartCustomerExportInput!) {
  startCustomerExport(input: $input) { asyncTaskId userErrors { code message } } }`;
const follow = `subscription ($id: ID!) {
  customerExportProgress(asyncTaskId: $id) { status objectCount attempts file { url fileSize } } }`;
const cancel = 'mutation ($id: ID!) { cancelCustomerExport(asyncTaskId: $id) { customerExport { status } } }';
const explore =
  'query ($filter: CustomerFilterInput!) { customers(filter: $filter, first: 10) { totalCount nodes { brand } } }';

async function startExport(downloadRequestId: string, brand = 'maison'): Promise<string> {
  const input = { downloadRequestId, filter: { brand, posCodes: ['P1'] } };
  const { body } = await query(app.url(), start, { input });
  expect(body).toMatchObject({ data: { startCustomerExport: { userErrors: [] } } });
  return body.data?.['startCustomerExport'].asyncTaskId;
}

async function finish(id: string) {
  const events = await watch(app.url(), follow, { id });
  return events.at(-1)?.data?.['customerExportProgress'];
}

test('the whole job goes through a pooler in transaction mode', async () => {
  const state = await finish(await startExport('whole'));
  expect(state).toMatchObject({ status: 'COMPLETED', objectCount: 3_000, attempts: 1 });
  const file = await fetch(state.file.url);
  expect((await file.arrayBuffer()).byteLength).toBe(state.file.fileSize);
});

test('a cancelled export is CANCELED for whoever watches', async () => {
  const ids = await Promise.all(Array.from({ length: 6 }, (_, n) => startExport(`cancel ${n}`)));
  const last = ids.at(-1) ?? '';
  const watching = finish(last);
  await query(app.url(), cancel, { id: last });
  expect(await watching).toMatchObject({ status: 'CANCELED' });
  for (const id of ids.slice(0, -1)) expect(await finish(id)).toMatchObject({ status: 'COMPLETED' });
});

test('hundreds of requests at once share its two connections, and each sees its own customers alone', async () => {
  const asked = Array.from({ length: 200 }, async (_, n) => {
    const brand = n % 2 ? 'maison' : 'other';
    if (n % 20 === 0) return startExport(`crowd ${n}`, 'other');
    const { status, body } = await query(app.url(), explore, { filter: { brand, posCodes: ['P1'] } });
    expect([status, body.errors]).toEqual([200, undefined]);
    const { totalCount, nodes } = body.data?.['customers'] ?? {};
    expect([totalCount, nodes.length]).toEqual(brand === 'maison' ? [3_000, 10] : [7, 7]);
    expect(new Set(nodes.map((node: { brand: string }) => node.brand))).toEqual(new Set([brand]));
    return null;
  });
  const ids = (await Promise.all(asked)).filter((id) => id !== null);
  for (const state of await Promise.all(ids.map(finish))) {
    expect(state).toMatchObject({ status: 'COMPLETED', objectCount: 7, attempts: 1 });
  }
});

test('nothing of it is left on the connections: no role, no scope, no statement, no lock', async () => {
  const { db, close } = connect(pooler.through(app.databaseUrl), { max: 2 });
  // Each of the two is asked while the other one is held.
  const rows = await db.transaction(async (one) => {
    const first = await one.execute(residue);
    const second = await db.transaction((two) => two.execute(residue));
    return [...first, ...second];
  });
  expect(new Set(rows.map(({ pid }) => pid)).size).toBe(2);
  for (const { pid: _, ...row } of rows) {
    expect(row).toEqual({ role: 'none', scope: '', statements: 0, locks: 0, channels: 0 });
  }
  await close();
});

const residue = sql`select pg_backend_pid() as pid, current_setting('role') as role,
  coalesce(current_setting('customer_export.brands', true), '') as scope,
  (select count(*)::int from pg_prepared_statements) as statements,
  (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks,
  (select count(*)::int from pg_listening_channels()) as channels`;
