import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { query } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { type Server, startServer } from '../support/process.ts';
import { openS3Store, type S3Store } from './fleet/store.ts';

// Processes start and end here; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

/** Begins empty: not even its tables are there. */
const name = `order_${process.pid}`;
const databaseUrl = `${inject('postgresServer')}${name}`;
const running: Server[] = [];
let store: S3Store;
let administrator: postgres.Sql;
beforeAll(async () => {
  store = await openS3Store();
  administrator = postgres(`${inject('postgresServer')}postgres`, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await administrator.end();
  await store.close();
});
beforeEach(async () => {
  await administrator`create database ${administrator(name)}`;
});
afterEach(async () => {
  for (const server of running) server.signal('SIGKILL');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  await administrator`drop database ${administrator(name)} with (force)`;
});

function start(role: 'gateway' | 'worker'): Server {
  const server = startServer({ env: { ...store.env, DATABASE_URL: databaseUrl, ROLES: role } });
  running.push(server);
  return server;
}

async function stop(server: Server): Promise<void> {
  server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
}

async function addCustomer(): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1 });
  await sql`insert into brands values ('maison', 'Maison')`;
  await sql`insert into points_of_sale values ('maison', 'P1', 'One')`;
  await sql`
    insert into customers (booster_customer_id, brand, pos_code, creation_date, customer_status,
      can_be_contacted_by_maison, has_sap_crm_error) values (1, 'maison', 'P1', now(), 'Client', true, false)`;
  await sql.end();
}

async function startExport(url: string): Promise<string> {
  const { body } = await query(
    url,
    `mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId } }`,
    { input: { downloadRequestId: crypto.randomUUID(), filter: { brand: 'maison', posCodes: ['P1'] } } },
  );
  return body.data?.['startCustomerExport'].asyncTaskId;
}

async function statusOf(url: string, id: string): Promise<string> {
  const { body } = await query(
    url,
    'query ($id: ID!) { customerExport(asyncTaskId: $id) { status attempts } }',
    { id },
  );
  return `${body.data?.['customerExport'].status} ${body.data?.['customerExport'].attempts}`;
}

/** Nothing that an operator would have to look at. */
function faultsIn(servers: readonly Server[]): unknown[] {
  return servers.flatMap(({ log }) => log.filter(({ level }) => !['info', 'debug'].includes(level)));
}

test('gateways and workers that start together on an empty database all come up, and work', async () => {
  const servers = [start('worker'), start('worker'), start('gateway'), start('gateway')];
  const [, , one = '', other = ''] = await Promise.all(servers.map(({ ready }) => ready));
  await addCustomer();
  const id = await startExport(one);
  await eventually(async () => expect(await statusOf(other, id)).toBe('COMPLETED 1'), { timeout: 20_000 });
  await Promise.all(servers.map(stop));
  expect(faultsIn(servers).filter((line) => !JSON.stringify(line).includes('OPEN:'))).toEqual([]);
});

test('an export waits for a worker, and its file for a gateway, whichever comes and goes first', async () => {
  // A worker comes first, finds an empty database, and goes.
  const first = start('worker');
  await first.ready;
  await stop(first);
  await addCustomer();
  // A gateway alone takes orders, and goes before anybody has worked.
  const gateway = start('gateway');
  const id = await startExport(await gateway.ready);
  expect(await statusOf(await gateway.ready, id)).toBe('CREATED 0');
  await stop(gateway);
  // A worker alone does the work; a gateway that comes after it has gone shows it.
  const worker = start('worker');
  await worker.logged('export completed');
  await stop(worker);
  const last = start('gateway');
  const url = await last.ready;
  expect(await statusOf(url, id)).toBe('COMPLETED 1');
  const { body } = await query(
    url,
    'query ($id: ID!) { customerExport(asyncTaskId: $id) { file { url } } }',
    { id },
  );
  const file = await fetch(body.data?.['customerExport'].file.url);
  expect(JSON.parse(await file.text())).toMatchObject({ boosterCustomerId: 1 });
  await stop(last);
});
