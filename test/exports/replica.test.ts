import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkDatabases } from '../../src/app/check-databases.ts';
import { ConfigError, type Role } from '../../src/config.ts';
import { type Moment, noteMoment, ReplicaUnfit, waitForMoment } from '../../src/db/replica.ts';
import { openSnapshot } from '../../src/db/snapshot.ts';
import { brands, pointsOfSale } from '../../src/db/tables.ts';
import type { ExportDeps } from '../../src/exports/deps.ts';
import { readerName } from '../../src/exports/discard.ts';
import { diagnose } from '../../src/exports/failures.ts';
import { runExport } from '../../src/exports/run.ts';
import { claimTask } from '../../src/exports/task/store.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import { addCustomers } from '../support/customers.ts';
import { eventually } from '../support/eventually.ts';
import { addTask, requireTaskOf, useExports } from '../support/export-deps.ts';
import { giveWay, type Replicated, startReplicated } from '../support/replica.ts';

const ground = useExports();
let servers: Replicated;
let deps: ExportDeps;
beforeAll(async () => {
  servers = await startReplicated();
  const { primary, replica } = servers;
  deps = { ...ground.deps, db: primary.db, databaseUrl: primary.url, readUrl: replica.url };
  await primary.db.insert(brands).values({ code: 'cartier', name: 'Cartier' });
  await primary.db.insert(pointsOfSale).values({ brand: 'cartier', posCode: 'P1', name: 'Paris' });
  await addCustomers(primary.db, { count: 3_000, nameLength: 2_000 });
}, 60_000);
afterAll(() => servers[Symbol.asyncDispose]());

const never = new AbortController().signal;
const calm = { stop: never, lost: never };
const pause = () => servers.replica.db.execute(sql`select pg_wal_replay_pause()`);
const resume = () => servers.replica.db.execute(sql`select pg_wal_replay_resume()`);
const reload = (task: ExportTask) => requireTaskOf(deps, task.id);

async function claim(task?: ExportTask): Promise<ExportTask> {
  const claimed = await claimTask(deps.db, task ?? (await addTask(deps, { selection: '{ firstName }' })));
  if (!claimed) throw new Error('The task could not be claimed.');
  return claimed;
}

function readersOn({ db }: Pick<ExportDeps, 'db'>, task: ExportTask) {
  return db.execute(sql`select pid from pg_stat_activity where application_name = ${readerName(task)}`);
}

async function readShown(since: Moment): Promise<number> {
  const options = { readers: 2, name: 'test', since, signal: never };
  await using snapshot = await openSnapshot(servers.replica.url, options);
  return snapshot.transactionTime.getTime();
}

describe('an export with a replica', () => {
  test('reads from it alone', async () => {
    const task = await claim();
    const reading = Promise.withResolvers<void>();
    const write: ExportDeps['storage']['write'] = async (key, chunks, signal) => {
      expect(await readersOn(servers.replica, task)).toHaveLength(2);
      expect(await readersOn(servers.primary, task)).toHaveLength(0);
      reading.resolve();
      return deps.storage.write(key, chunks, signal);
    };
    await runExport({ ...deps, storage: { ...deps.storage, write } }, task, calm);
    await reading.promise;
    expect(await reload(task)).toMatchObject({ status: 'COMPLETED', objectCount: 3_000 });
  });

  test('waits for a replica that lags, until it shows what was there when the export began', async () => {
    await pause();
    await addCustomers(deps.db, { count: 5, firstId: 200_000 });
    const before = Date.now();
    const task = await claim();
    const run = runExport(deps, task, calm);
    await eventually(async () => expect(await readersOn(servers.replica, task)).toHaveLength(2));
    expect(await reload(task)).toMatchObject({ status: 'RUNNING', totalObjectCount: null });
    await resume();
    await run;
    const done = await reload(task);
    expect(done).toMatchObject({ status: 'COMPLETED', objectCount: 3_005, attempt: 1 });
    expect(done.transactionTime?.getTime()).toBeGreaterThanOrEqual(before);
    expect(done.transactionTime?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  test('is tried again when the replica has to give way to what it replays', async () => {
    const task = await claim();
    const write: ExportDeps['storage']['write'] = async (key, chunks, signal) => {
      await giveWay(servers.replica, '0');
      await deps.db.transaction((tx) => tx.execute(sql`lock table customers in access exclusive mode`));
      await eventually(async () => expect(await readersOn(servers.replica, task)).toHaveLength(0));
      await giveWay(servers.replica, '30s');
      return deps.storage.write(key, chunks, signal);
    };
    await runExport({ ...deps, storage: { ...deps.storage, write } }, task, calm);
    expect(await reload(task)).toMatchObject({ status: 'RUNNING', attempt: 1, failure: null });
    await deps.db.execute(sql`update exports set retry_at = null`);
    await runExport(deps, await claim(await reload(task)), calm);
    expect(await reload(task)).toMatchObject({ status: 'COMPLETED', attempt: 2, objectCount: 3_005 });
  });

  test('ends what the attempt before has left there', async () => {
    const task = await claim();
    const left = await openSnapshot(servers.replica.url, {
      readers: 2,
      name: readerName(task),
      signal: never,
    });
    await runExport(deps, await claim(task), calm);
    expect(await readersOn(servers.replica, task)).toHaveLength(0);
    await left[Symbol.asyncDispose]();
  });
});

describe('the instant that a replica shows', () => {
  test('is that of the asking when nothing was committed since', async () => {
    const since = await noteMoment(deps.db);
    const shown = await readShown(since);
    // Noting it was a commit.
    expect(shown).toBeGreaterThanOrEqual(Date.parse(since.at));
    expect(shown).toBeLessThanOrEqual(Date.now());
    expect(await readShown(since)).toBe(shown);
  });

  test('is that of the last commit that it has when that is later', async () => {
    const since = await noteMoment(deps.db);
    const later = await noteMoment(deps.db);
    await waitForMoment(reader(), later, never);
    expect(await readShown(since)).toBeGreaterThanOrEqual(Date.parse(later.at));
  });
});

/** A connection to the replica, for answers that are texts or null. */
function reader() {
  return {
    read: async (query: SQL) => {
      const rows = await servers.replica.db.execute(query);
      return rows.map((row) => Object.values(row).map((is) => (is === null ? null : Buffer.from(`${is}`))));
    },
  };
}

test('a replica that lags too far is a fault that passes', async () => {
  await pause();
  const moment = await noteMoment(deps.db);
  const waiting = await waitForMoment(reader(), moment, never, 100).catch((error: unknown) => error);
  await resume();
  expect(waiting).toBeInstanceOf(ReplicaUnfit);
  expect(diagnose(waiting)).toMatchObject({ code: 'DATABASE_UNAVAILABLE', passing: true });
});

async function faultsOf(given: { url?: string; directUrl?: string; readUrl?: string }, roles: Role[]) {
  const { url = servers.primary.url, directUrl = url, readUrl = null } = given;
  const checked = checkDatabases({ kind: 'server', url, directUrl, readUrl }, new Set(roles));
  return checked.then(
    () => [],
    (error: unknown) => (error instanceof ConfigError ? error.faults : Promise.reject(error)),
  );
}

test('a replica will do for reading, and for nothing else', async () => {
  const { primary, replica } = servers;
  expect(await faultsOf({ readUrl: replica.url }, ['worker'])).toEqual([]);
  expect(await faultsOf({ url: replica.url }, ['gateway'])).toEqual([
    expect.stringMatching(/^DATABASE_URL leads to a replica/),
  ]);
  expect(await faultsOf({ url: primary.url, directUrl: replica.url }, ['gateway'])).toEqual([
    expect.stringMatching(/^DATABASE_DIRECT_URL leads to a replica/),
  ]);
});

test('a replica that has become a primary of its own is read no more', async () => {
  await servers.replica.db.execute(sql`select pg_promote()`);
  const moment = await noteMoment(deps.db);
  await expect(waitForMoment(reader(), moment, never)).rejects.toThrow(ReplicaUnfit);
  expect(await faultsOf({ readUrl: servers.replica.url }, ['worker'])).toEqual([
    expect.stringMatching(/^DATABASE_READ_URL must lead to a streaming replica/),
  ]);
  // A gateway reads nothing there.
  expect(await faultsOf({ readUrl: servers.replica.url }, ['gateway'])).toEqual([]);
});
