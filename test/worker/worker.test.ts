import { sql } from 'drizzle-orm';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { exports } from '../../src/db/tables.ts';
import type { ExportDeps } from '../../src/exports/deps.ts';
import { openHolds } from '../../src/exports/holds.ts';
import { findQueuePosition } from '../../src/exports/queue.ts';
import { cancelTask, claimTask } from '../../src/exports/task/store.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import { brandLimit, startWorker, type Worker } from '../../src/worker/worker.ts';
import { addCustomers } from '../support/customers.ts';
import { eventually } from '../support/eventually.ts';
import { addTask, requireTaskOf, useExports } from '../support/export-deps.ts';
import { addWaitingExports } from '../support/waiting-exports.ts';

const { deps } = useExports();
beforeAll(() => addCustomers(deps.db, { count: 10 }));

const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await deps.db.delete(exports);
});

/** A worker whose exports wait, before they store anything, until they are let go; with the order in which they began. */
function start(concurrency: number) {
  const begun: string[] = [];
  const gates = new Map<string, () => void>();
  let open = false;
  const write: ExportDeps['storage']['write'] = async (key, chunks, signal) => {
    const id = key.split('/')[1] ?? '';
    begun.push(id);
    if (!open) {
      await new Promise<void>((resolve) => {
        gates.set(id, resolve);
        signal.addEventListener('abort', () => resolve());
      });
    }
    return deps.storage.write(key, chunks, signal);
  };
  const worker = startWorker({ ...deps, storage: { ...deps.storage, write } }, concurrency);
  workers.push(worker);
  return {
    ...worker,
    begun,
    letGo: (id: string | undefined) => gates.get(id ?? '')?.(),
    letAllGo: () => {
      open = true;
      for (const go of gates.values()) go();
    },
  };
}

const reload = (task: Pick<ExportTask, 'id'>) => requireTaskOf(deps, task.id);
const statusOf = async (task: Pick<ExportTask, 'id'>) => (await reload(task)).status;

/** A task in the state that its worker's death leaves it in. */
async function orphan(attempt = 1): Promise<ExportTask> {
  const task = await addTask(deps);
  await deps.db.execute(
    sql`update exports set status = 'RUNNING', attempt = ${attempt}, started_at = now() where id = ${task.id}`,
  );
  return reload(task);
}

describe('a worker', () => {
  test('runs what it is called for at once, and as many as it has slots', async () => {
    const worker = start(2);
    const tasks = [await addTask(deps), await addTask(deps), await addTask(deps)];
    worker.wake();
    // They are claimed in turn and then run side by side: either may be the first to write.
    const firstTwo = tasks.slice(0, 2).map(({ id }) => id);
    await eventually(() => expect(worker.begun.toSorted()).toEqual(firstTwo.toSorted()));
    expect(await statusOf(tasks[2] ?? { id: '' })).toBe('CREATED');
    worker.letGo(worker.begun[0]);
    await eventually(() => expect(worker.begun).toHaveLength(3));
    worker.letAllGo();
    await eventually(async () => {
      expect(await Promise.all(tasks.map(statusOf))).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    });
  });

  test('answers a call once it has room for more, or is told to stop', async () => {
    const worker = start(1);
    const [first, second] = [await addTask(deps), await addTask(deps)];
    const answered: string[] = [];
    const call = worker.wake().then(() => answered.push('first'));
    await eventually(() => expect(worker.begun).toEqual([first.id]));
    worker.letGo(first.id);
    await eventually(() => expect(worker.begun).toEqual([first.id, second.id]));
    await call;
    const last = worker.wake().then(() => answered.push('last'));
    await eventually(async () => expect(await statusOf(second)).toBe('RUNNING'));
    expect(answered).toEqual(['first']);
    await worker.stop();
    await last;
  });

  test('finds work that nobody called it for', async () => {
    const worker = start(1);
    worker.letAllGo();
    const task = await addTask(deps);
    await eventually(async () => expect(await statusOf(task)).toBe('COMPLETED'));
  });

  test('lets a brand with one export start next, though another one has a thousand before it', async () => {
    await addWaitingExports(deps.db, { count: 1_000 });
    const worker = start(2);
    await eventually(() => expect(worker.begun).toHaveLength(2));
    const lone = await addTask(deps, { brand: 'piaget' });
    expect(await findQueuePosition(deps.db, await reload(lone))).toBe(1);
    worker.letGo(worker.begun[0]);
    await eventually(() => expect(worker.begun[2]).toBe(lone.id));
  });

  test('of several slots keeps one for another brand', async () => {
    await addWaitingExports(deps.db, { count: 10 });
    const worker = start(4);
    await eventually(() => expect(worker.begun).toHaveLength(3));
    const lone = await addTask(deps, { brand: 'piaget' });
    worker.wake();
    await eventually(() => expect(worker.begun[3]).toBe(lone.id));
    expect([1, 2, 3, 4, 10].map(brandLimit)).toEqual([1, 2, 2, 3, 9]);
  });

  test('that stops gives its exports back, and another one finishes them', async () => {
    const first = start(2);
    const tasks = [await addTask(deps), await addTask(deps)];
    first.wake();
    await eventually(() => expect(first.begun).toHaveLength(2));
    const asked = performance.now();
    await first.stop();
    expect(performance.now() - asked).toBeLessThan(3_000);
    for (const task of tasks) {
      expect(await reload(task)).toMatchObject({ status: 'CREATED', attempt: 1, returns: 1 });
    }
    const second = start(2);
    second.letAllGo();
    await eventually(async () => {
      for (const task of tasks) {
        expect(await reload(task)).toMatchObject({ status: 'COMPLETED', attempt: 2, returns: 1 });
      }
    });
  });

  test('shares the work with others, and no export runs twice', async () => {
    await addWaitingExports(deps.db, { count: 30 });
    const all = [start(2), start(2), start(3)];
    for (const worker of all) worker.letAllGo();
    await eventually(async () => {
      const [row] = await deps.db.execute(sql`select count(*) from exports where status = 'COMPLETED'`);
      expect(Number(row?.['count'])).toBe(30);
    });
    const begun = all.flatMap((worker) => worker.begun);
    expect(new Set(begun).size).toBe(begun.length);
    const [row] = await deps.db.execute(sql`select max(attempt) from exports`);
    expect(row?.['max']).toBe(1);
  });
});

describe('an export whose worker is gone', () => {
  test('is taken over, and that is another attempt', async () => {
    const task = await orphan();
    start(1).letAllGo();
    await eventually(async () => {
      expect(await reload(task)).toMatchObject({ status: 'COMPLETED', attempt: 2 });
    });
  });

  test('is left alone while another worker holds it', async () => {
    const task = await orphan();
    const elsewhere = openHolds(deps.databaseUrl, { onLost: () => {} });
    await elsewhere.take(task.id);
    const worker = start(1);
    worker.letAllGo();
    const other = await addTask(deps, { brand: 'piaget' });
    worker.wake();
    await eventually(async () => expect(await statusOf(other)).toBe('COMPLETED'));
    expect(await reload(task)).toEqual(task);
    await elsewhere.close();
    await eventually(async () => expect(await statusOf(task)).toBe('COMPLETED'));
  });

  test('is FAILED with WORKER_CRASHED after three attempts', async () => {
    const task = await orphan(3);
    start(1);
    await eventually(async () => {
      expect(await reload(task)).toMatchObject({
        status: 'FAILED',
        attempt: 3,
        failure: { code: 'WORKER_CRASHED' },
      });
    });
  });

  test('is CANCELED when it was being cancelled, also while every slot is taken', async () => {
    const worker = start(1);
    const running = await addTask(deps);
    worker.wake();
    await eventually(() => expect(worker.begun).toEqual([running.id]));
    const task = await orphan();
    await cancelTask(deps.db, task.id, 'ann');
    await eventually(async () => expect(await statusOf(task)).toBe('CANCELED'));
    expect(await statusOf(running)).toBe('RUNNING');
  });

  test('is run alone when it is the last attempt: it may take its worker down, but nobody else', async () => {
    const suspect = await orphan(2);
    const worker = start(3);
    await eventually(() => expect(worker.begun).toEqual([suspect.id]));
    const other = await addTask(deps);
    worker.wake();
    const another = await addTask(deps, { brand: 'piaget' });
    worker.wake();
    await eventually(async () => expect((await reload(suspect)).objectCount).toBe(0));
    expect(await Promise.all([other, another].map(statusOf))).toEqual(['CREATED', 'CREATED']);
    worker.letGo(suspect.id);
    await eventually(() => expect(worker.begun).toHaveLength(3));
  });

  test('waits for the last attempt until the others have ended, and nobody overtakes it', async () => {
    const worker = start(2);
    const running = await addTask(deps);
    worker.wake();
    await eventually(() => expect(worker.begun).toEqual([running.id]));
    const suspect = await orphan(2);
    await worker.wake();
    const since = performance.now();
    // By then it is known to be left alone, and would have begun long ago if it could.
    await eventually(() => expect(performance.now() - since).toBeGreaterThan(2_500));
    await worker.wake();
    await addTask(deps, { brand: 'piaget' });
    worker.wake();
    worker.letGo(running.id);
    await eventually(() => expect(worker.begun).toHaveLength(2));
    expect(worker.begun[1]).toBe(suspect.id);
  });
});

test('an export that is held no longer is stopped, and taken over', async () => {
  const worker = start(1);
  const task = await addTask(deps);
  worker.wake();
  await eventually(() => expect(worker.begun).toEqual([task.id]));
  // Another process got hold of the task while our session was cut off.
  const claimed = await claimTask(deps.db, await reload(task));
  expect(claimed).toMatchObject({ attempt: 2 });
  await eventually(() => expect(worker.begun).toHaveLength(2));
  worker.letAllGo();
  await eventually(async () => {
    expect(await reload(task)).toMatchObject({ status: 'COMPLETED', attempt: 3 });
  });
});
