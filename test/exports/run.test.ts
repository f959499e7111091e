import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { eq, sql } from 'drizzle-orm';
import postgres from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../../src/db/tables.ts';
import type { ExportDeps } from '../../src/exports/deps.ts';
import { fileKey } from '../../src/exports/file.ts';
import { runExport } from '../../src/exports/run.ts';
import { cancelTask, claimTask } from '../../src/exports/task/store.ts';
import { type ExportTask, MAX_ATTEMPTS } from '../../src/exports/task.ts';
import { StorageError } from '../../src/storage/storage.ts';
import { addCustomers } from '../support/customers.ts';
import { eventually } from '../support/eventually.ts';
import { addTask, requireTaskOf, useExports } from '../support/export-deps.ts';

const { deps, enqueued, folder } = useExports();
beforeAll(() => addCustomers(deps.db, { count: 3_000, nameLength: 2_000 }));

const never = new AbortController().signal;
const calm = { stop: never, lost: never };

async function claim(task?: ExportTask): Promise<ExportTask> {
  const claimed = await claimTask(deps.db, task ?? (await addTask(deps, { selection: '{ firstName }' })));
  if (!claimed) throw new Error('The task could not be claimed.');
  return claimed;
}

const reload = (task: ExportTask) => requireTaskOf(deps, task.id);

/** What is stored below the folder, parts of files included. */
async function stored(task: ExportTask): Promise<string[]> {
  return readdir(`${folder()}/exports/${task.id}`).catch(() => []);
}

/** A storage that reads one chunk and then waits until it is told to go on. */
function gated() {
  const reached = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const write: ExportDeps['storage']['write'] = (key, chunks, signal) =>
    deps.storage.write(
      key,
      (async function* () {
        for await (const chunk of chunks) {
          yield chunk;
          reached.resolve();
          await open.promise;
        }
      })(),
      signal,
    );
  return {
    deps: { ...deps, storage: { ...deps.storage, write } },
    reached: reached.promise,
    open: open.resolve,
  };
}

function failing(error: unknown): ExportDeps {
  return { ...deps, storage: { ...deps.storage, write: () => Promise.reject(error) } };
}

const unavailable = new StorageError('STORAGE_UNAVAILABLE', 'away', { cause: null, retryable: true });

describe('a run that nothing disturbs', () => {
  test('publishes the file together with its facts and the audit row', async () => {
    const task = await claim();
    await runExport(deps, task, calm);
    const done = await reload(task);
    const object = await deps.storage.open(fileKey(task));
    const bytes = object && (await buffer(object.stream));
    expect(done).toMatchObject({
      status: 'COMPLETED',
      progress: 100,
      attempt: 1,
      objectCount: 3_000,
      totalObjectCount: 3_000,
      fileKey: fileKey(task),
      fileSize: bytes?.byteLength,
      uncompressedSize: bytes?.byteLength,
      fileSha256: createHash('sha256')
        .update(bytes ?? '')
        .digest('hex'),
      failure: null,
    });
    expect(bytes?.toString().split('\n')).toHaveLength(3_001);
    const rows = await deps.db.select().from(audit).where(eq(audit.exportId, task.id));
    expect(rows).toMatchObject([{ actor: 'worker', action: 'complete', details: { objectCount: 3_000 } }]);
  });

  test('says how many there are as soon as it knows, and never goes back', async () => {
    const states: ExportTask[] = [];
    const listening = postgres(deps.databaseUrl, { max: 1 });
    const task = await claim();
    const claimedAt = performance.now();
    let knownAfter = Number.POSITIVE_INFINITY;
    const { unlisten } = await listening.listen('customer_export', async (id) => {
      if (id !== task.id) return;
      const state = await reload(task);
      if (state.totalObjectCount !== null) knownAfter = Math.min(knownAfter, performance.now() - claimedAt);
      states.push(state);
    });
    const slow = gated();
    const run = runExport(slow.deps, task, calm);
    await slow.reached;
    await eventually(() => expect(states.some(({ progress }) => progress > 0)).toBe(true));
    slow.open();
    await run;
    await eventually(() => expect(states.some(({ status }) => status === 'COMPLETED')).toBe(true));
    await unlisten();
    await listening.end();
    expect(states[0]).toMatchObject({ status: 'RUNNING', totalObjectCount: 3_000 });
    expect(states[0]?.transactionTime).toBeInstanceOf(Date);
    // Two bells may ring before the row is read.
    const byVersion = [...new Map(states.map((state) => [state.version, state])).values()].toSorted(
      (a, b) => a.version - b.version,
    );
    for (const measure of ['objectCount', 'progress'] as const) {
      const values = byVersion.map((state) => state[measure]);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
    expect(byVersion.filter(({ progress }) => progress === 100)).toHaveLength(1);
    // A whole second on a loaded machine; some tens of milliseconds on an idle one.
    expect(knownAfter).toBeLessThan(1_000);
  });
});

test('a run that waits for a change of the table reads all that is there afterwards', async () => {
  const altering = postgres(deps.databaseUrl, { max: 1 });
  const task = await claim();
  let run: Promise<void> | undefined;
  await altering.begin(async (tx) => {
    // It writes the table anew, and to a snapshot from before that the new one looks empty.
    await tx`alter table customers alter column birthdate type date using birthdate + 0`;
    run = runExport(deps, task, calm);
    await eventually(async () => {
      const waiting = await deps.db.execute(sql`select 1 from pg_stat_activity
        where application_name like ${`export ${task.id}%`} and wait_event_type = 'Lock'`);
      expect(waiting).not.toHaveLength(0);
    });
  });
  await run;
  await altering.end();
  expect(await reload(task)).toMatchObject({ status: 'COMPLETED', objectCount: 3_000 });
});

describe('a cancelled run', () => {
  test('stops reading, leaves nothing behind and says so', async () => {
    const task = await claim();
    const slow = gated();
    const run = runExport(slow.deps, task, calm);
    await slow.reached;
    expect(await stored(task)).toHaveLength(1);
    const asked = performance.now();
    await cancelTask(deps.db, task.id, 'ann');
    await run;
    expect(performance.now() - asked).toBeLessThan(2_000);
    expect(await reload(task)).toMatchObject({ status: 'CANCELED', fileKey: null });
    expect(await stored(task)).toEqual([]);
    await eventually(async () => {
      const reading = await deps.db.execute(
        sql`select 1 from pg_stat_activity where application_name like ${`export ${task.id}%`}`,
      );
      expect(reading).toHaveLength(0);
    });
    expect(performance.now() - asked).toBeLessThan(2_000);
  });

  test('also stops before it has read anything, while the customers are being counted', async () => {
    const locking = postgres(deps.databaseUrl, { max: 1 });
    const task = await claim();
    await locking.begin(async (tx) => {
      await tx`lock table customers in access exclusive mode`;
      const run = runExport(deps, task, calm);
      await eventually(async () => {
        const [waiting] = await deps.db.execute(sql`select 1 from pg_stat_activity
          where application_name like ${`export ${task.id}%`} and wait_event_type = 'Lock'`);
        expect(waiting).toBeDefined();
      });
      const asked = performance.now();
      await cancelTask(deps.db, task.id, 'ann');
      await run;
      expect(performance.now() - asked).toBeLessThan(2_000);
    });
    await locking.end();
    expect(await reload(task)).toMatchObject({ status: 'CANCELED' });
  });

  test('cannot be published any more, however late the cancelling comes', async () => {
    const task = await claim();
    const late: ExportDeps['storage']['write'] = async (...args) => {
      const written = await deps.storage.write(...args);
      await cancelTask(deps.db, task.id, 'ann');
      return written;
    };
    await runExport({ ...deps, storage: { ...deps.storage, write: late } }, task, calm);
    expect(await reload(task)).toMatchObject({ status: 'CANCELED', fileKey: null });
    expect(await stored(task)).toEqual([]);
  });
});

describe('a run whose worker stops', () => {
  test('gives its task back, and that is not an attempt', async () => {
    const task = await claim();
    const slow = gated();
    const stop = new AbortController();
    const run = runExport(slow.deps, task, { ...calm, stop: stop.signal });
    await slow.reached;
    stop.abort(new Error('stopping'));
    await run;
    expect(await reload(task)).toMatchObject({ status: 'CREATED', attempt: 1, returns: 1 });
    expect(enqueued).toContain(task.id);
    expect(await stored(task)).toEqual([]);
  });

  test('is taken up again as the same attempt: its count does not fall', async () => {
    const task = await claim();
    const slow = gated();
    const stop = new AbortController();
    const run = runExport(slow.deps, task, { ...calm, stop: stop.signal });
    await eventually(async () => expect((await reload(task)).objectCount).toBeGreaterThan(0));
    stop.abort(new Error('stopping'));
    await run;
    const { objectCount, progress } = await reload(task);
    expect(objectCount).toBeGreaterThan(0);
    expect(await claim(await reload(task))).toMatchObject({ attempt: 2, returns: 1, objectCount, progress });
  });
});

describe('a late run', () => {
  test('touches neither the row nor the file of the attempt after it', async () => {
    const first = await claim();
    const slow = gated();
    const late = runExport(slow.deps, first, calm);
    await slow.reached;
    const second = await claim(await reload(first));
    await runExport(deps, second, calm);
    const done = await reload(first);
    slow.open();
    await late;
    expect(await reload(first)).toEqual(done);
    expect(done).toMatchObject({ status: 'COMPLETED', attempt: 2, fileKey: fileKey(second) });
    expect(await stored(first)).toEqual(['2.jsonl']);
  });

  test('ends when its task is held no longer, without a word about the task', async () => {
    const task = await claim();
    const slow = gated();
    const lost = new AbortController();
    const run = runExport(slow.deps, task, { ...calm, lost: lost.signal });
    await slow.reached;
    lost.abort(new Error('lost'));
    await run;
    expect(await reload(task)).toMatchObject({ status: 'RUNNING', attempt: 1, returns: 0 });
    expect(await stored(task)).toEqual([]);
  });

  test('is cleared away by the attempt after it, when it died before it could publish', async () => {
    const first = await claim();
    await deps.storage.write(fileKey(first), stream('left behind'), never);
    const second = await claim(await reload(first));
    await runExport(deps, second, calm);
    expect(await stored(first)).toEqual(['2.jsonl']);
  });
});

describe('a run that fails', () => {
  test('for a passing reason is tried again later, a few times', async () => {
    let task = await claim();
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      await runExport(failing(unavailable), task, calm);
      const failed = await reload(task);
      expect(failed).toMatchObject({ status: 'RUNNING', attempt, failure: null });
      const [wait] = await deps.db.execute(
        sql`select extract(epoch from retry_at - clock_timestamp()) as seconds from exports where id = ${task.id}`,
      );
      expect(Number(wait?.['seconds'])).toBeGreaterThan(attempt);
      expect(await claimTask(deps.db, failed)).toBeNull();
      await deps.db.execute(sql`update exports set retry_at = clock_timestamp() where id = ${task.id}`);
      task = await claim(failed);
    }
    await runExport(failing(unavailable), task, calm);
    expect(await reload(task)).toMatchObject({
      status: 'FAILED',
      attempt: MAX_ATTEMPTS,
      failure: { code: 'STORAGE_UNAVAILABLE', retryable: true },
    });
    const rows = await deps.db.select().from(audit).where(eq(audit.exportId, task.id));
    expect(rows).toMatchObject([{ actor: 'worker', action: 'fail' }]);
  });

  test('for a lack of room says so at once', async () => {
    const task = await claim();
    await runExport(
      failing(new StorageError('STORAGE_FULL', 'full', { cause: null, retryable: false })),
      task,
      calm,
    );
    expect(await reload(task)).toMatchObject({
      status: 'FAILED',
      attempt: 1,
      failure: { code: 'STORAGE_FULL' },
    });
  });

  test('when its connections are cut is tried again', async () => {
    const task = await claim();
    const slow = gated();
    const run = runExport(slow.deps, task, calm);
    await slow.reached;
    await deps.db.execute(
      sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name like ${`export ${task.id}%`}`,
    );
    const cut = performance.now();
    slow.open();
    await run;
    expect(performance.now() - cut).toBeLessThan(1_000);
    expect(await reload(task)).toMatchObject({ status: 'RUNNING', attempt: 1 });
    expect(await stored(task)).toEqual([]);
  });

  test('for a reason of ours is not tried again, and tells nothing of it', async () => {
    const task = await claim();
    await runExport(failing(new Error('secret')), task, calm);
    const { status, failure } = await reload(task);
    expect([status, failure?.code, failure?.retryable]).toEqual(['FAILED', 'INTERNAL_ERROR', false]);
    expect(failure?.message).not.toContain('secret');
  });

  test('only by not hearing that it has published keeps its file', async () => {
    const task = await claim();
    let transactions = 0;
    const db = new Proxy(deps.db, {
      get: (target, name) =>
        name !== 'transaction'
          ? Reflect.get(target, name)
          : async (...args: Parameters<typeof target.transaction>) => {
              const result = await target.transaction(...args);
              const [row] = await target.execute(
                sql`select 1 from exports where id = ${task.id} and status = 'COMPLETED'`,
              );
              if (row && transactions++ === 0) {
                throw Object.assign(new Error('cut'), { code: 'CONNECTION_CLOSED' });
              }
              return result;
            },
    });
    await runExport({ ...deps, db }, task, calm);
    expect(transactions).toBeGreaterThan(0);
    expect(await reload(task)).toMatchObject({ status: 'COMPLETED', fileKey: fileKey(task) });
    expect(await stored(task)).toEqual(['1.jsonl']);
  });
});

async function* stream(text: string) {
  yield Buffer.from(text);
}
