import { eq, sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { exports } from '../../src/db/tables.ts';
import { startUpkeep, type Upkeep } from '../../src/worker/upkeep.ts';
import { eventually } from '../support/eventually.ts';
import { addFinishedTask, requireTaskOf, useExports } from '../support/export-deps.ts';

const { deps, logged } = useExports();
const running: Upkeep[] = [];
afterEach(() => Promise.all(running.splice(0).map((upkeep) => upkeep.stop())));

async function addExpired() {
  const task = await addFinishedTask(deps, Buffer.from('x'));
  await deps.db.update(exports).set({ expiresAt: new Date() }).where(eq(exports.id, task.id));
  return task;
}

const schedules = () => deps.db.execute(sql`select name, cron from pgboss.schedule`);

test('what is due is tidied up at the start, then every minute by a schedule that the database keeps', async () => {
  const task = await addExpired();
  running.push(startUpkeep(deps), startUpkeep(deps));
  await eventually(async () =>
    expect(await requireTaskOf(deps, task.id)).toMatchObject({ status: 'EXPIRED' }),
  );
  await eventually(async () => expect(await schedules()).toMatchObject([{ cron: '* * * * *' }]));
  expect(logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

test('the schedule survives a restart, and there is still one', async () => {
  const task = await addExpired();
  running.push(startUpkeep(deps));
  await eventually(async () =>
    expect(await requireTaskOf(deps, task.id)).toMatchObject({ status: 'EXPIRED' }),
  );
  expect(await schedules()).toHaveLength(1);
});

test('waits for a database that is away, and stops while it waits', async () => {
  const upkeep = startUpkeep({ ...deps, databaseUrl: 'postgresql://postgres@127.0.0.1:1/postgres' });
  const asked = performance.now();
  await upkeep.stop();
  expect(performance.now() - asked).toBeLessThan(3_000);
});
