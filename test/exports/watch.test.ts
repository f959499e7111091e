import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { connect } from '../../src/db/client.ts';
import { CHANNEL } from '../../src/db/notifications.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import { openTaskWatch, type TaskWatch, type TaskWatchOptions } from '../../src/exports/watch.ts';
import { eventually } from '../support/eventually.ts';
import { changeExport, insertExport } from '../support/exports.ts';
import { useDatabase } from '../support/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const database = useDatabase();
const { db } = database;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Never looks by itself, unless told to. */
const rarely = { pollMs: 600_000, heartbeatMs: 600_000 };

async function open(options: TaskWatchOptions & { databaseUrl?: string } = {}): Promise<TaskWatch> {
  const { databaseUrl = database.url, ...rest } = options;
  const log = pino({ level: 'silent' });
  const watch = await openTaskWatch({ db, databaseUrl, log }, { ...rarely, ...rest });
  closing.push(watch.close);
  return watch;
}

async function openProxy(): Promise<TcpProxy> {
  const proxy = await startTcpProxy(database.url);
  closing.push(proxy.close);
  return proxy;
}

/** What a subscriber is told. */
function subscriber() {
  const told: ExportTask[] = [];
  return {
    told,
    tell: (task: ExportTask) => told.push(task),
    /** Waits until it has been told a state like this. */
    hears: (state: Partial<ExportTask>) =>
      eventually(() => expect(told.at(-1)).toMatchObject(state), { interval: 5 }),
  };
}

const listeners = async () => {
  const rows = await database.sql<{ pid: number }[]>`
    select pid from pg_stat_activity
    where datname = current_database() and application_name = 'customer-export listener'`;
  return rows.map(({ pid }) => pid);
};

describe('a watched export', () => {
  test('its changes are told, to all subscribers as one object', async () => {
    const watch = await open();
    const id = await insertExport(db);
    const [ann, bob] = [subscriber(), subscriber()];
    watch.watchTask(id, ann.tell);
    watch.watchTask(id, bob.tell);
    await changeExport(db, id, { objectCount: 7 });
    await ann.hears({ objectCount: 7 });
    await bob.hears({ objectCount: 7 });
    expect(ann.told.at(-1)).toBe(bob.told.at(-1));
  });

  test('its changes are told to hundreds, even when one of them fails', async () => {
    const watch = await open();
    const id = await insertExport(db);
    const many = Array.from({ length: 350 }, subscriber);
    watch.watchTask(id, () => {
      throw new Error('gone');
    });
    for (const { tell } of many) watch.watchTask(id, tell);
    await changeExport(db, id, { objectCount: 5 });
    for (const { hears } of many) await hears({ objectCount: 5 });
    expect(new Set(many.map(({ told }) => told.at(-1))).size).toBe(1);
  });

  test('a change that nobody heard of, between the look and the watching, is told', async () => {
    const watch = await open();
    const id = await insertExport(db);
    await changeExport(db, id, { objectCount: 1 }, { rings: false });
    const ann = subscriber();
    watch.watchTask(id, ann.tell);
    await ann.hears({ objectCount: 1 });
  });

  test('many changes are told at most four times a second, and the last of them is', async () => {
    const watch = await open();
    const id = await insertExport(db);
    const ann = subscriber();
    watch.watchTask(id, ann.tell);
    await ann.hears({ objectCount: 0 });
    const started = performance.now();
    let changes = 0;
    const told = () => new Set(ann.told.map(({ objectCount }) => objectCount)).size;
    while (performance.now() - started < 2_000 || changes <= 50 || told() < 6) {
      await changeExport(db, id, { objectCount: ++changes });
    }
    await ann.hears({ objectCount: changes });
    const seconds = (performance.now() - started) / 1000;
    const counts = ann.told.map(({ objectCount }) => objectCount);
    expect(told()).toBeLessThanOrEqual(seconds * 4 + 3);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  test('who has left is told nothing more', async () => {
    const watch = await open();
    const id = await insertExport(db);
    const [ann, bob] = [subscriber(), subscriber()];
    const leave = watch.watchTask(id, ann.tell);
    watch.watchTask(id, bob.tell);
    await ann.hears({ objectCount: 0 });
    leave();
    const before = ann.told.length;
    await changeExport(db, id, { objectCount: 1 });
    await bob.hears({ objectCount: 1 });
    expect(ann.told).toHaveLength(before);
  });

  test('a change during a cut of the listening connection is told as soon as it is back', async () => {
    const proxy = await openProxy();
    const watch = await open({ databaseUrl: proxy.url });
    const id = await insertExport(db);
    const ann = subscriber();
    watch.watchTask(id, ann.tell);
    await ann.hears({ objectCount: 0 });
    proxy.down();
    await changeExport(db, id, { objectCount: 1 });
    await eventually(async () => expect(await listeners()).toEqual([]));
    proxy.up();
    await ann.hears({ objectCount: 1 });
    await changeExport(db, id, { objectCount: 2 });
    await ann.hears({ objectCount: 2 });
  });

  test('a change that nobody rang for is found by the poll', async () => {
    const watch = await open({ pollMs: 100 });
    const id = await insertExport(db);
    const ann = subscriber();
    watch.watchTask(id, ann.tell);
    await ann.hears({ objectCount: 0 });
    await changeExport(db, id, { objectCount: 1 }, { rings: false });
    await ann.hears({ objectCount: 1 });
  });

  test('an outage of the database is survived', async () => {
    const proxy = await openProxy();
    const away = connect(proxy.url, { max: 2 });
    closing.push(away.close);
    const log = pino({ level: 'silent' });
    const watch = await openTaskWatch({ db: away.db, databaseUrl: proxy.url, log }, { pollMs: 100 });
    closing.push(watch.close);
    const id = await insertExport(db);
    const ann = subscriber();
    watch.watchTask(id, ann.tell);
    await ann.hears({ objectCount: 0 });
    proxy.down();
    await changeExport(db, id, { objectCount: 1 });
    await eventually(async () => expect(await listeners()).toEqual([]));
    proxy.up();
    await ann.hears({ objectCount: 1 });
  });
});

describe('who watches all exports', () => {
  const finished = (id: string) => changeExport(db, id, { status: 'COMPLETED', completedAt: new Date() });

  test('is told of what starts, changes and ends', async () => {
    const watch = await open();
    const ann = subscriber();
    watch.watchAll(ann.tell);
    const id = await insertExport(db, { status: 'CREATED' });
    await ann.hears({ id, status: 'CREATED' });
    await changeExport(db, id, { status: 'RUNNING' });
    await ann.hears({ id, status: 'RUNNING' });
    await finished(id);
    await ann.hears({ id, status: 'COMPLETED' });
  });

  test('is told after a cut of what changed, of what began and of what began and ended meanwhile', async () => {
    const proxy = await openProxy();
    const watch = await open({ databaseUrl: proxy.url });
    const running = await insertExport(db);
    // Too old to be found for having begun lately.
    const expiring = await insertExport(db, { createdAt: new Date(Date.now() - 3_600_000) });
    const ann = subscriber();
    watch.watchAll(ann.tell);
    await changeExport(db, running, { objectCount: 1 });
    await finished(expiring);
    await eventually(() => {
      expect(ann.told.some(({ id, objectCount }) => id === running && objectCount === 1)).toBe(true);
      expect(ann.told.some(({ id, status }) => id === expiring && status === 'COMPLETED')).toBe(true);
    });
    ann.told.length = 0;

    proxy.down();
    await eventually(async () => expect(await listeners()).toEqual([]));
    await changeExport(db, running, { status: 'FAILED' });
    await changeExport(db, expiring, { status: 'EXPIRED' });
    const begun = await insertExport(db);
    const gone = await insertExport(db);
    await finished(gone);
    proxy.up();

    const heard = () => Object.fromEntries(ann.told.map(({ id, status }) => [id, status]));
    await eventually(() =>
      expect(heard()).toEqual({
        [running]: 'FAILED',
        [expiring]: 'EXPIRED',
        [begun]: 'RUNNING',
        [gone]: 'COMPLETED',
      }),
    );
    expect(ann.told).toHaveLength(4);
  });

  test('is told by the poll what nobody rang for, once', async () => {
    const watch = await open({ pollMs: 50 });
    const known = await insertExport(db);
    const ann = subscriber();
    watch.watchAll(ann.tell);
    const opening = await insertExport(db);
    // The first look finds both, and tells them in any order.
    const found = expect.objectContaining({ id: opening });
    await eventually(() => expect(ann.told).toContainEqual(found), { interval: 5 });
    await changeExport(db, known, { status: 'CANCELED' }, { rings: false });
    await ann.hears({ id: known, status: 'CANCELED' });
    const last = await insertExport(db);
    await ann.hears({ id: last });
    const states = ann.told.map(({ id, version }) => `${id} ${version}`);
    expect(new Set(states).size).toBe(states.length);
  });

  test('is not told of exports that ended before', async () => {
    const watch = await open({ pollMs: 50 });
    const before = await insertExport(db);
    await finished(before);
    const ann = subscriber();
    const leave = watch.watchAll(ann.tell);
    const first = await insertExport(db);
    await finished(first);
    // Whoever comes while news of the one before is still on its way may be told of it as well, first or last.
    const end = expect.objectContaining({ id: first, status: 'COMPLETED' });
    await eventually(() => expect(ann.told).toContainEqual(end), { interval: 5 });
    leave();
    const bob = subscriber();
    watch.watchAll(bob.tell);
    const second = await insertExport(db);
    await bob.hears({ id: second });
    expect(bob.told.map(({ id }) => id)).toEqual([second]);
  });
});

test('without subscribers nothing is read, by bells or by the clock', async () => {
  const watch = await open({ pollMs: 20 });
  const id = await insertExport(db);
  const { sql: client } = database;
  // Whoever reads while the table is locked waits, and is seen to.
  await client.begin(async (tx) => {
    await tx`lock table exports`;
    const readers = async () => {
      const [row] = await tx<{ count: number }[]>`
        select count(*)::int as count from pg_locks where relation = 'exports'::regclass and not granted
          and database = (select oid from pg_database where datname = current_database())`;
      return row?.count;
    };
    await client`select pg_notify(${CHANNEL}, ${id})`;
    // Ten looks, if it looked.
    await wait(200);
    expect(await readers()).toBe(0);
    watch.watchTask(id, () => {});
    await eventually(async () => expect(await readers()).toBeGreaterThan(0));
  });
});

test('closing lets go of the connection', async () => {
  const watch = await open();
  expect(await listeners()).toHaveLength(1);
  await watch.close();
  await eventually(async () => expect(await listeners()).toEqual([]));
});

test('opening fails when there is no database', async () => {
  const log = pino({ level: 'silent' });
  await expect(
    openTaskWatch({ db, databaseUrl: 'postgresql://nobody@127.0.0.1:1/none', log }),
  ).rejects.toThrow();
});
