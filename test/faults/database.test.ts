import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { query, watch } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { useDatabase } from '../support/postgres.ts';
import type { Server } from '../support/process.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { findFaults } from './invariants.ts';
import { exportInput, openWorld, startExport, startMutation, type World } from './world.ts';

// Processes start and fail here; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const database = useDatabase();
let world: World;
let proxy: TcpProxy;
beforeAll(async () => {
  world = await openWorld(database);
  proxy = await startTcpProxy(database.url);
});
afterAll(async () => {
  await world.close();
  await proxy.close();
});
afterEach(async () => {
  expect(await findFaults(world)).toEqual([]);
});

const someLines = ({ objectCount }: { readonly objectCount: number }) => objectCount > 0;
const slow = { FAULT_MS_PER_MB: '300' };
const hello = '{ __typename }';
const list = '{ customerExports(first: 1) { totalCount } }';

async function statusOf(url: string): Promise<number> {
  return (await fetch(url)).status;
}

async function untilAnswers(url: string, ms = 10_000) {
  await vi.waitFor(async () => expect(await statusOf(`${url}/health/ready`)).toBe(200), { timeout: ms });
}

test('a process that starts without its database waits for it: alive, not ready, and 503 to all requests', async () => {
  proxy.down();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = world.start({ DATABASE_URL: proxy.url, PORT: `${port}` });
  await server.logged('the database cannot be reached: trying again');
  expect(await statusOf(`${url}/health/live`)).toBe(200);
  expect(await statusOf(`${url}/health/ready`)).toBe(503);
  const refused = await fetch(`${url}/graphql`, { method: 'POST', body: '{}' });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await statusOf(`${url}/customer/maison/export/1`)).toBe(503);
  proxy.up();
  await untilAnswers(url);
  await server.ready;
  await world.kill(server);
});

test('a process that waits for its database can be told to stop', async () => {
  proxy.down();
  const server = world.start({ DATABASE_URL: proxy.url });
  await server.logged('the database cannot be reached: trying again');
  server.signal('SIGTERM');
  expect(await server.ended).toBe(0);
  proxy.up();
});

describe('while the database is away', () => {
  let server: Server;
  let url = '';
  beforeAll(async () => {
    server = world.start({ DATABASE_URL: proxy.url, ...slow });
    url = await server.ready;
  });

  test('a process lives on, refuses with 503, and goes on with its exports afterwards', async () => {
    const ids = [await startExport(url), await startExport(url)];
    for (const id of ids) await world.until(id, someLines);
    proxy.down();
    await eventually(async () => expect(await statusOf(`${url}/health/ready`)).toBe(503));
    expect(await statusOf(`${url}/health/live`)).toBe(200);
    await server.logged('the worker cannot look for work');
    const asked = performance.now();
    for (const [document, variables] of [
      [list, {}],
      [startMutation, { input: exportInput() }],
    ] as const) {
      const { status, body } = await query(url, document, variables);
      expect(status).toBe(503);
      expect(body).toMatchObject({ errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
    }
    const rest = await fetch(`${url}/customer/maison/export/0123456789abcdef0123456789abcdef`);
    expect([rest.status, rest.headers.get('retry-after')]).toEqual([503, '5']);
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect((await query(url, hello)).status).toBe(200);
    proxy.up();
    const up = performance.now();
    await untilAnswers(url);
    for (const id of ids) expect(await world.finished(id)).toMatchObject({ status: 'COMPLETED' });
    expect(performance.now() - up).toBeLessThan(20_000);
    await server.logged('the worker goes on');
  });

  test('a subscription goes on afterwards', async () => {
    const id = await startExport(url);
    const events = watch(
      url,
      'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status progress } }',
      { id },
    );
    await world.until(id, someLines);
    proxy.down();
    await eventually(async () => expect(await statusOf(`${url}/health/ready`)).toBe(503));
    proxy.up();
    const states = (await events).map((event) => event.data?.['customerExportProgress']);
    expect(states.at(-1)).toEqual({ status: 'COMPLETED', progress: 100 });
    const progress = states.map((state) => state.progress);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  test('a process that runs an export can be told to stop', async () => {
    const id = await startExport(url);
    await world.until(id, someLines);
    proxy.down();
    const told = performance.now();
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(performance.now() - told).toBeLessThan(10_000);
    proxy.up();
    const heir = world.start();
    expect(await world.finished(id)).toMatchObject({ status: 'COMPLETED' });
    heir.signal('SIGTERM');
    expect(await heir.ended).toBe(0);
  });
});

describe('a worker', () => {
  test('whose connections are all cut takes its export up again by itself', async () => {
    const server = world.start({ ...slow, FAULT_MS_PER_MB: '1000' });
    const id = await startExport(await server.ready);
    await world.until(id, someLines);
    await world.db.execute(sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'customer-export'
        or application_name like ${`export ${id}%`}`);
    expect(await world.finished(id)).toMatchObject({ status: 'COMPLETED', attempt: 2 });
    await world.kill(server);
  });

  test('that the network is lost to is replaced within 20 s, and changes nothing when it is found again', async () => {
    const lost = world.start({ DATABASE_URL: proxy.url, ROLES: 'worker', FAULT_MS_PER_MB: '5000' });
    await lost.ready;
    const gateway = world.start({ ROLES: 'gateway' });
    const id = await startExport(await gateway.ready);
    await world.until(id, someLines);
    proxy.silence();
    const silent = performance.now();
    const heir = world.start({ ROLES: 'worker' });
    const task = await world.finished(id, 20_000);
    expect(performance.now() - silent).toBeLessThan(20_000);
    expect(task).toMatchObject({ status: 'COMPLETED', attempt: 2 });
    proxy.speak();
    await lost.logged(/no longer this attempt/);
    expect(await world.find(id)).toEqual(task);
    for (const server of [lost, gateway, heir]) await world.kill(server);
  });

  test('gets its export done though the table is altered all the time', async () => {
    const server = world.start({ ...slow, FAULT_MS_PER_MB: '50' });
    const url = await server.ready;
    let altering = true;
    const alterations = (async () => {
      // Each waits for the readers that are there, and has the others wait for it.
      while (altering)
        await world.db.execute(sql`alter table customers alter column sap_crm_id drop default`);
    })();
    const task = await world.finished(await startExport(url));
    altering = false;
    await alterations;
    expect(task).toMatchObject({ status: 'COMPLETED' });
    await world.kill(server);
  });
});

describe('listeners', () => {
  test('that are cut again and again still tell of everything, and never step back', async () => {
    const server = world.start(slow);
    const url = await server.ready;
    const id = await startExport(url);
    let cutting = true;
    let cuts = 0;
    const cuttings = (async () => {
      while (cutting) {
        const rows = await world.db.execute(sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and query ilike 'listen%'`);
        cuts += rows.length;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const events = await watch(
      url,
      'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status progress objectCount } }',
      { id },
    );
    cutting = false;
    await cuttings;
    const states = events.map((event) => event.data?.['customerExportProgress']);
    expect(cuts).toBeGreaterThan(0);
    expect(states.at(-1)).toEqual({ status: 'COMPLETED', progress: 100, objectCount: 3_000 });
    for (const field of ['progress', 'objectCount']) {
      const values = states.map((state) => state[field]);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
    await world.kill(server);
  });
});

describe('a database without a connection left', () => {
  test('is a quick 503 for those who find none, and all is well afterwards', async () => {
    const server = world.start({ DATABASE_URL: proxy.url, ROLES: 'gateway' });
    const url = await server.ready;
    proxy.limit(4);
    const crowd = async () => {
      const asked = performance.now();
      const answers = await Promise.all(Array.from({ length: 200 }, () => query(url, list)));
      expect(performance.now() - asked).toBeLessThan(10_000);
      return new Set(answers.map(({ status }) => status));
    };
    expect([200, 503]).toEqual(expect.arrayContaining([...(await crowd())]));
    proxy.limit(Number.POSITIVE_INFINITY);
    await eventually(async () => expect(await crowd()).toEqual(new Set([200])));
    await world.kill(server);
  });
});
