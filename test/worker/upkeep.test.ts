import { eq, sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { openJobs } from '../../src/db/jobs.ts';
import { exports } from '../../src/db/tables.ts';
import { startUpkeep } from '../../src/worker/upkeep.ts';
import { eventually } from '../support/eventually.ts';
import { addFinishedTask, requireTaskOf, useExports } from '../support/export-deps.ts';

const { deps, logged } = useExports();
const closing: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

async function start() {
  const { jobs, close } = await openJobs(deps.databaseUrl, deps.log, { works: true });
  const upkeep = await startUpkeep(deps, jobs);
  closing.push(async () => {
    upkeep.stop();
    await close();
  });
}

async function addExpired() {
  const task = await addFinishedTask(deps, Buffer.from('x'));
  await deps.db.update(exports).set({ expiresAt: new Date() }).where(eq(exports.id, task.id));
  return task;
}

const schedules = () => deps.db.execute(sql`select name, cron from pgboss.schedule`);

test('what is due is tidied up at the start, then every minute by a schedule that the database keeps', async () => {
  const task = await addExpired();
  await Promise.all([start(), start()]);
  await eventually(async () =>
    expect(await requireTaskOf(deps, task.id)).toMatchObject({ status: 'EXPIRED' }),
  );
  await eventually(async () => expect(await schedules()).toMatchObject([{ cron: '* * * * *' }]));
  expect(logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

test('the schedule survives a restart, and there is still one', async () => {
  const task = await addExpired();
  await start();
  await eventually(async () =>
    expect(await requireTaskOf(deps, task.id)).toMatchObject({ status: 'EXPIRED' }),
  );
  expect(await schedules()).toHaveLength(1);
});
