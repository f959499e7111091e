import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { openJobs } from '../../src/db/jobs.ts';
import { openCalls } from '../../src/exports/calls.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import { eventually } from '../support/eventually.ts';
import { addTask, useExports } from '../support/export-deps.ts';

const { deps, logged } = useExports();
const closing: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

async function open(options: { works: boolean }) {
  const { jobs, close } = await openJobs(deps.databaseUrl, deps.log, options);
  closing.push(close);
  return openCalls(jobs);
}

const waiting = async () => {
  const rows = await deps.db.execute<{ id: string }>(
    sql`select data->>'asyncTaskId' as id from pgboss.job where name = 'customer-export' and state = 'created'`,
  );
  return rows.map(({ id }) => id);
};

test('a call is stored with the task, or not at all', async () => {
  const { call } = await open({ works: false });
  const task = await addTask(deps);
  const failing = deps.db.transaction(async (tx) => {
    await call(tx, task);
    throw new Error('the task is not stored');
  });
  await expect(failing).rejects.toThrow('the task is not stored');
  expect(await waiting()).toEqual([]);
  await deps.db.transaction((tx) => call(tx, task));
  expect(await waiting()).toEqual([task.id]);

  const { answer } = await open({ works: true });
  let answered = 0;
  await answer(async () => {
    answered += 1;
  });
  await eventually(() => expect(answered).toBe(1));
});

test('a worker that has no room leaves the next calls to others', async () => {
  const { call } = await open({ works: false });
  const task = await addTask(deps);
  const ring = (to: ExportTask) => deps.db.transaction((tx) => call(tx, to));
  const answered = { full: 0, free: 0 };
  let makeRoom = () => {};
  const full = await open({ works: true });
  await full.answer(() => {
    answered.full += 1;
    return new Promise((resolve) => {
      makeRoom = resolve;
    });
  });
  await ring(task);
  await eventually(() => expect(answered.full).toBe(1));
  const free = await open({ works: true });
  await free.answer(async () => {
    answered.free += 1;
  });
  for (let time = 1; time <= 3; time++) {
    await ring(task);
    await eventually(() => expect(answered).toEqual({ full: 1, free: time }));
  }
  makeRoom();
  expect(logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});
