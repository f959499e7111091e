import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exports } from '../../src/db/tables.ts';
import { openHolds } from '../../src/exports/holds.ts';
import { findNextTask, findQueuePosition, findUnheldTasks } from '../../src/exports/queue.ts';
import { cancelTask, claimTask, failTask, findTask, postponeTask } from '../../src/exports/task/store.ts';
import { useDatabase } from '../support/postgres.ts';
import { addWaitingExports } from '../support/waiting-exports.ts';

const { db, url } = useDatabase();
const holds = openHolds(url, { onLost: () => {} });
afterEach(async () => {
  await db.delete(exports);
});

/** Adds waiting tasks of a brand, one after the other. */
const add = (brand: string, count = 1) => addWaitingExports(db, { brand, count });

/** What a worker does with the next task. */
async function begin(fullBrands: string[] = []): Promise<string | undefined> {
  const orphans = (await findUnheldTasks(db)).map(({ id }) => id);
  const next = await findNextTask(db, { orphans, fullBrands });
  if (!next) return undefined;
  expect(await holds.take(next.id)).toBe(true);
  expect(await claimTask(db, next)).toMatchObject({ id: next.id, status: 'RUNNING' });
  return next.id;
}

async function brandOf(id: string | undefined) {
  return id && (await findTask(db, id))?.brand;
}

async function position(id: string) {
  const task = await findTask(db, id);
  return task && findQueuePosition(db, task);
}

async function finish(id: string | undefined) {
  const task = await findTask(db, id ?? '');
  if (!task) throw new Error('There is no such task.');
  await failTask(db, task, { code: 'INTERNAL_ERROR', message: '', retryable: false });
  await holds.release(task.id);
}

describe('the order of the queue', () => {
  test('is by age within a brand', async () => {
    const ids = [...(await add('a')), ...(await add('a')), ...(await add('a'))];
    expect([await begin(), await begin(), await begin(), await begin()]).toEqual([...ids, undefined]);
  });

  test('lets a brand with one task start next, though another one has a thousand before it', async () => {
    await add('a', 1000);
    const running = [await begin(), await begin()];
    const [lone = ''] = await add('b');
    expect(await position(lone)).toBe(1);
    await finish(running[0]);
    expect(await begin()).toBe(lone);
    expect(await brandOf(await begin())).toBe('a');
  });

  test('lets brands take turns', async () => {
    await add('a', 3);
    await add('b', 2);
    await add('c', 1);
    const order = [];
    for (let id = await begin(); id; id = await begin()) order.push(await brandOf(id));
    expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'a']);
  });

  test('is what the positions say', async () => {
    await add('b', 2);
    await begin();
    const waiting = [
      ...(await add('a', 3)),
      ...(await add('b', 2)),
      ...(await add('c', 2)),
      ...(await add('a', 1)),
    ];
    const positions = new Map<string | undefined, number | null>();
    for (const id of waiting) positions.set(id, await position(id));
    const started: (number | null | undefined)[] = [];
    for (let id = await begin(); id; id = await begin())
      if (positions.has(id)) started.push(positions.get(id));
    expect(started).toEqual([...started].sort((a, b) => Number(a) - Number(b)));
    expect(new Set(positions.values()).size).toBe(waiting.length);
    expect(await position(waiting[0] ?? '')).toBeNull();
  });

  test('passes over brands that have no slot left', async () => {
    await add('a', 2);
    const [other] = await add('b');
    expect(await begin(['a'])).toBe(other);
    expect(await begin(['a', 'b'])).toBeUndefined();
  });

  test('puts a task that nobody runs any more before those that wait', async () => {
    const [first = ''] = await add('a');
    await begin();
    await add('b');
    await holds.release(first);
    expect(await begin()).toBe(first);
    expect(await findTask(db, first)).toMatchObject({ status: 'RUNNING', attempt: 2 });
  });

  test('leaves a task alone while somebody runs it, whatever its row says', async () => {
    const [first = ''] = await add('a');
    await holds.take(first);
    expect(await begin()).toBeUndefined();
    const task = await findTask(db, first);
    await claimTask(db, { id: first, attempt: task?.attempt ?? 0 });
    expect(await begin()).toBeUndefined();
  });

  test('finds the one task that may be tried, behind ten thousand that may not', async () => {
    await add('a', 10_000);
    await db.execute(
      sql`update exports set status = 'RUNNING', attempt = 1, retry_at = now() + interval '1 h'`,
    );
    const [first = ''] = await add('a');
    await begin();
    await holds.release(first);
    const started = performance.now();
    expect(await begin()).toBe(first);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('a task whose attempt failed', () => {
  beforeEach(async () => {
    await add('a');
    const id = await begin();
    const task = await findTask(db, id ?? '');
    if (task) await postponeTask(db, task, 3600);
    await holds.release(id ?? '');
  });

  test('is not tried again before its time', async () => {
    expect(await begin()).toBeUndefined();
    await db.update(exports).set({ retryAt: sql`clock_timestamp()` });
    expect(await begin()).toBeDefined();
  });

  test('cannot be claimed before its time by whoever has seen it earlier', async () => {
    const [row] = await db.select().from(exports);
    expect(await claimTask(db, { id: row?.id ?? '', attempt: 1 })).toBeNull();
  });
});

describe('a task that was begun', () => {
  test('is found when nobody runs it any more, and only then', async () => {
    await add('a', 3);
    const ids = [await begin(), await begin(), await begin()].map((id) => id ?? '');
    await cancelTask(db, ids[0] ?? '', 'ann');
    await db.update(exports).set({ attempt: 3 }).where(sql`id = ${ids[1]}`);
    expect(await findUnheldTasks(db)).toEqual([]);
    for (const id of ids) await holds.release(id);
    const unheld = await findUnheldTasks(db);
    expect(unheld.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(await begin()).toBe(ids[2]);
  });

  test('is not taken by whoever has not seen it left alone', async () => {
    await add('a');
    const id = (await begin()) ?? '';
    await holds.release(id);
    expect(await findNextTask(db, { orphans: [], fullBrands: [] })).toBeNull();
    expect(await findNextTask(db, { orphans: [id], fullBrands: [] })).toMatchObject({ id });
  });
});
