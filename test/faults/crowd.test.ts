import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { openLog } from '../../src/log.ts';
import { query } from '../support/client.ts';
import { useDatabase } from '../support/postgres.ts';
import { addWaitingExports } from '../support/waiting-exports.ts';
import { findFaults } from './invariants.ts';
import { exportInput, openWorld, startExport, startMutation, type World } from './world.ts';

// Processes start and fail here; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const database = useDatabase();
let world: World;
const apps: App[] = [];
beforeAll(async () => {
  world = await openWorld(database);
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await world.close();
});

async function startGateway(roles: string): Promise<string> {
  const config = loadConfig({
    PORT: '0',
    ROLES: roles,
    DATABASE_URL: world.url,
    DATA_DIR: world.folder,
    LOG_LEVEL: 'silent',
  });
  const app = await startApp(config, openLog({ level: 'silent' }));
  apps.push(app);
  return app.url ?? '';
}

test('a hundred equal requests at the same instant, to four gateways, are one task', async () => {
  const urls = await Promise.all(Array.from({ length: 4 }, () => startGateway('gateway')));
  const input = exportInput();
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, at) => query(urls[at % 4] ?? '', startMutation, { input })),
  );
  const ids = answers.map(({ body }) => body.data?.['startCustomerExport'].asyncTaskId);
  expect(new Set(ids).size).toBe(1);
  expect(answers.flatMap(({ body }) => body.data?.['startCustomerExport'].userErrors)).toEqual([]);
  const rows = await world.db.execute(
    sql`select id from exports where download_request_id = ${input.downloadRequestId}`,
  );
  expect(rows).toEqual([{ id: ids[0] }]);
  const started = await world.db.execute(
    sql`select 1 from audit where action = 'start' and export_id = ${ids[0]}`,
  );
  expect(started).toHaveLength(1);
});

test('a brand with a thousand exports does not make another one wait', async () => {
  await addWaitingExports(world.db, { brand: 'maison', count: 1_000 });
  const url = await startGateway('gateway,worker');
  const id = await startExport(url, { filter: { brand: 'other', posCodes: ['P1'] } });
  // What began before this may not have seen it: it was created when its transaction began, and there when that ended.
  const [now] = await world.db.execute<{ asked: string }>(sql`select clock_timestamp()::text as asked`);
  const asked = sql`${now?.asked}::timestamptz`;
  const created = await world.find(id);
  const task = await world.finished(id, 10_000);
  expect(task).toMatchObject({ status: 'COMPLETED' });
  const waitMs = (task.startedAt?.getTime() ?? Number.POSITIVE_INFINITY) - created.createdAt.getTime();
  expect(waitMs).toBeLessThan(5_000);
  const [row] = await world.db.execute(sql`
    select count(*) from exports where brand = 'maison'
      and started_at between ${asked} and ${task.startedAt?.toISOString()}::timestamptz`);
  // Whatever freed a slot in between, the other brand took the first or the second one.
  expect(Number(row?.['count'])).toBeLessThanOrEqual(2);
  await Promise.all(apps.map((app) => app.stop()));
  expect(await findFaults(world)).toEqual([]);
});
