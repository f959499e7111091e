import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { countAttempts } from '../../src/exports/task.ts';
import { query, watch } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { useDatabase } from '../support/postgres.ts';
import { isSuspended, type Server } from '../support/process.ts';
import { findFaults } from './invariants.ts';
import type { FaultPoint } from './points/strike.ts';
import { cancelExport, exportInput, openWorld, startExport, startMutation, type World } from './world.ts';

// Processes start and fail here; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const database = useDatabase();
let world: World;
let url = '';
/** A worker that takes over from those which die. It sleeps while another one is to take a task first. */
let heir: Server;
beforeAll(async () => {
  world = await openWorld(database);
  const gateway = world.start({ ROLES: 'gateway' });
  heir = world.start({ ROLES: 'worker' });
  [url] = await Promise.all([gateway.ready, heir.ready]);
});
afterAll(() => world.close());
afterEach(async () => {
  heir.signal('SIGCONT');
  expect(await findFaults(world)).toEqual([]);
});

/** A worker with these faults, and an export that it has taken. */
async function take(env: Parameters<World['start']>[0], input = {}): Promise<{ victim: Server; id: string }> {
  heir.signal('SIGSTOP');
  const victim = world.start({ ROLES: 'worker', EXPORT_CONCURRENCY: '1', ...env });
  await victim.ready;
  const id = await startExport(url, input);
  await world.until(id, ({ status }) => status !== 'CREATED');
  return { victim, id };
}

const someLines = ({ objectCount }: { readonly objectCount: number }) => objectCount > 0;
const slow = { FAULT_MS_PER_MB: '400' };
/** For an export that its worker is not to finish, however late it is struck. */
const held = { FAULT_MS_PER_MB: '5000' };

describe('a worker that is killed', () => {
  test.each<[FaultPoint, number]>([
    ['after-claim', 2],
    ['mid-read', 2],
    ['before-sync', 2],
    ['before-publish', 2],
    ['in-publish', 2],
    ['after-publish', 1],
  ])('%s is replaced if need be: its export is COMPLETED once, by attempt %i', async (point, attempt) => {
    const { victim, id } = await take({ FAULT_AT: point });
    const events = watch(
      url,
      'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status } }',
      { id },
    );
    expect(await victim.ended).toBe('SIGKILL');
    heir.signal('SIGCONT');
    const task = await world.finished(id, 20_000);
    expect(task).toMatchObject({ status: 'COMPLETED', attempt, returns: 0 });
    expect((await events).at(-1)?.data?.['customerExportProgress'].status).toBe('COMPLETED');
  });

  test('three times over one export is to blame on the export: WORKER_CRASHED, and the others are done', async () => {
    heir.signal('SIGSTOP');
    await world.db.execute(sql`update customers set last_name = 'poison' where booster_customer_id = 100001`);
    const poison = {
      filter: { brand: 'other', posCodes: ['P1'] },
      selection: '{ boosterCustomerId lastName }',
    };
    const victims = [];
    const ids: string[] = [];
    for (let death = 1; death <= 3; death++) {
      const victim = world.start({ ROLES: 'worker', FAULT_POISON: 'poison', ...slow });
      await victim.ready;
      if (death === 1) for (const input of [{}, poison]) ids.push(await startExport(url, input));
      expect(await victim.ended).toBe('SIGABRT');
      victims.push(victim);
    }
    heir.signal('SIGCONT');
    const [innocent, guilty] = await Promise.all(ids.map((id) => world.finished(id)));
    expect(guilty).toMatchObject({ status: 'FAILED', attempt: 3, failure: { code: 'WORKER_CRASHED' } });
    expect(innocent).toMatchObject({ status: 'COMPLETED' });
    await world.db.execute(sql`update customers set last_name = null where booster_customer_id = 100001`);
  });

  test('while its export is being cancelled leaves nothing: a sweep ends it', async () => {
    const { victim, id } = await take(held);
    await world.until(id, someLines);
    await world.kill(victim);
    await cancelExport(url, id);
    expect(await world.find(id)).toMatchObject({ status: 'CANCELING' });
    heir.signal('SIGCONT');
    await world.until(id, ({ status }) => status === 'CANCELED', 5_000);
  });
});

describe('a worker that is suspended', () => {
  test('is replaced within 20 s, and changes nothing when it wakes up', async () => {
    const { victim, id } = await take(held);
    await world.until(id, someLines);
    victim.signal('SIGSTOP');
    const suspended = performance.now();
    heir.signal('SIGCONT');
    const task = await world.finished(id, 20_000);
    expect(performance.now() - suspended).toBeLessThan(20_000);
    expect(task).toMatchObject({ status: 'COMPLETED', attempt: 2 });
    expect(
      await world.db.execute(
        sql`select 1 from pg_stat_activity where application_name = ${`export ${id} 1`}`,
      ),
    ).toHaveLength(0);
    victim.signal('SIGCONT');
    await victim.logged(/no longer this attempt/);
    expect(await world.find(id)).toEqual(task);
    victim.signal('SIGTERM');
    expect(await victim.ended).toBe(0);
  });

  test('with a change of its export half made is replaced as soon, and holds up nobody', async () => {
    const { victim, id } = await take({ FAULT_SUSPEND_AT: 'in-publish' });
    await eventually(async () => expect(await isSuspended(victim)).toBe(true));
    const suspended = performance.now();
    heir.signal('SIGCONT');
    const other = await startExport(url);
    expect(await world.finished(other, 5_000)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
    const task = await world.finished(id, 20_000);
    expect(performance.now() - suspended).toBeLessThan(20_000);
    expect(task).toMatchObject({ status: 'COMPLETED', attempt: 2 });
    victim.signal('SIGCONT');
    await victim.logged(/no longer this attempt/);
    expect(await world.find(id)).toEqual(task);
    await world.kill(victim);
  });

  test('while its export is being cancelled leaves nothing: neither a file nor its snapshot', async () => {
    const { victim, id } = await take(held);
    await world.until(id, someLines);
    victim.signal('SIGSTOP');
    await cancelExport(url, id);
    heir.signal('SIGCONT');
    await world.until(id, ({ status }) => status === 'CANCELED', 20_000);
    const readers = sql`select 1 from pg_stat_activity where application_name = ${`export ${id} 1`}`;
    await eventually(async () => expect(await world.db.execute(readers)).toHaveLength(0));
    expect((await world.files.list()).filter((name) => name.includes(id))).toEqual([]);
    victim.signal('SIGCONT');
    await victim.logged(/no longer this attempt/);
    await world.kill(victim);
  });
});

describe('a worker that is told to stop', () => {
  test('gives its export back at once, and another one finishes it: that is one attempt', async () => {
    const { victim, id } = await take(held);
    await world.until(id, someLines);
    const told = performance.now();
    victim.signal('SIGTERM');
    expect(await victim.ended).toBe(0);
    expect(performance.now() - told).toBeLessThan(10_000);
    expect(await world.find(id)).toMatchObject({ status: 'CREATED', attempt: 1, returns: 1 });
    heir.signal('SIGCONT');
    const task = await world.finished(id);
    expect(task).toMatchObject({ status: 'COMPLETED', attempt: 2, returns: 1 });
    expect(countAttempts(task)).toBe(1);
  });

  test('and killed before it has done so is replaced all the same', async () => {
    const { victim, id } = await take(held);
    await world.until(id, someLines);
    victim.signal('SIGTERM');
    victim.signal('SIGKILL');
    await victim.ended;
    heir.signal('SIGCONT');
    expect(await world.finished(id, 20_000)).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('a running export', () => {
  test('that is cancelled stops reading within 2 s, and its partial file is gone', async () => {
    const { victim, id } = await take(held);
    await world.until(id, someLines);
    await cancelExport(url, id);
    await world.until(id, ({ status }) => status === 'CANCELED', 2_000);
    await eventually(async () =>
      expect((await world.files.list()).filter((name) => name.includes(id))).toEqual([]),
    );
    await world.kill(victim);
  });
});

describe('a gateway that is killed', () => {
  test.each<[FaultPoint, number]>([
    ['in-start', 0],
    ['after-start', 1],
  ])('%s is asked again: there is one task', async (point, before) => {
    const gateway = world.start({ ROLES: 'gateway', FAULT_AT: point });
    const input = exportInput();
    const victimUrl = await gateway.ready;
    await expect(query(victimUrl, startMutation, { input })).rejects.toThrow();
    expect(await gateway.ended).toBe('SIGKILL');
    const count = async () => {
      const rows = await world.db.execute(
        sql`select 1 from exports where download_request_id = ${input.downloadRequestId}`,
      );
      return rows.length;
    };
    expect(await count()).toBe(before);
    const id = await startExport(url, input);
    expect(await count()).toBe(1);
    expect(await world.finished(id)).toMatchObject({ status: 'COMPLETED' });
  });
});
