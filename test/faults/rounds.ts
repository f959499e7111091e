/**
 * `npm run test:faults -- --rounds N [--seed S]`: the whole program in several processes, and in each round something
 * that goes wrong at a moment of chance, while others write customers. Prints what became of every export; the exit
 * status says whether all was well. Prints as it goes, so that a run that is cut short has told what it found.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'drizzle-orm';
import { prepareDatabase } from '../../src/customers/stored-lines.ts';
import { connect } from '../../src/db/client.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { findFaults } from './invariants.ts';
import { openCluster } from './rounds/cluster.ts';
import { startCrew } from './rounds/crew.ts';
import { faults } from './rounds/faults.ts';
import { addLedger, findTornGroups, writeLedger } from './rounds/ledger.ts';
import { randomFrom } from './rounds/random.ts';
import { openWorld, startExport } from './world.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '30' }, seed: { type: 'string' } },
});
const rounds = Number(options.rounds);
const seed = Number(options.seed ?? Date.now() % 1_000_000);
const random = randomFrom(seed);
const say = (line: string) => process.stdout.write(`${line}\n`);
say(`${rounds} rounds, seed ${seed}`);

const cluster = await openCluster();
// The one is cut and silenced; the other is for those who watch.
const [shaky, steady] = [await startTcpProxy(cluster.url()), await startTcpProxy(cluster.url())];
cluster.onRestart((url) => {
  shaky.retarget(url);
  steady.retarget(url);
});
await prepareDatabase(steady.url);
const { db, close } = connect(steady.url, { name: 'rounds' });
const world = await openWorld({ db, url: shaky.url });
await addLedger(db);
const ledger = writeLedger(steady.url);
const crew = await startCrew(world);

const counts = { exports: 0, completed: 0, canceled: 0, failed: 0, lost: 0, torn: 0 };
const takeovers: number[] = [];
const wrong: string[] = [];

for (let round = 1; round <= rounds; round++) {
  const fault = random.pick(faults);
  const ids = await Promise.all(
    Array.from({ length: random.between(1, 3) }, () =>
      insist(() =>
        startExport(crew.url(), {
          filter: { brand: 'maison', posCodes: ['P1', 'P2'] },
          selection: '{ boosterCustomerId lastName firstName email }',
          compression: random.pick(['NONE', 'GZIP', 'ZSTD']),
        }),
      ),
    ),
  );
  await random.pause(0, 2_500);
  const told = await fault.happen({ world, crew, cluster, shaky, random, ids });
  const tasks = await Promise.all(ids.map((id) => world.finished(id, 90_000).catch(() => null)));
  const taken = await takeoversAfter(told.at, told.victims);
  takeovers.push(...taken);
  for (const [at, task] of tasks.entries()) await account(task, ids[at] ?? '');
  say(
    `${round} ${fault.name}: ${tasks.map((task) => `${task?.status ?? 'LOST'} by ${task?.attempt}`).join(', ')}` +
      (taken.length > 0
        ? `; taken over after ${taken.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', ')}`
        : ''),
  );
  await crew.complete();
}

/** Asks again while the gateway, just back, refuses. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

async function account(task: ExportTask | null, id: string): Promise<void> {
  counts.exports += 1;
  if (!task) {
    counts.lost += 1;
    wrong.push(`${id} is lost: ${JSON.stringify(await world.find(id))}`);
  } else if (task.status === 'COMPLETED') {
    counts.completed += 1;
    const bytes = await readFile(join(world.folder, 'files', task.fileKey ?? ''));
    const groups = findTornGroups(bytes, task.compression);
    counts.torn += groups.length;
    for (const group of groups) wrong.push(`${id}: group ${group} is not of one point in time`);
  } else if (task.status === 'CANCELED') counts.canceled += 1;
  else {
    counts.failed += 1;
    wrong.push(`${id} ${task.status}: ${JSON.stringify(task.failure)}`);
  }
}

/** How long after `at` (of the database) another attempt began of each task that these processes had in hand. */
async function takeoversAfter(
  at: Date | null,
  victims: readonly { readonly id: string; readonly attempt: number }[],
) {
  if (!at) return [];
  const rows = await Promise.all(
    victims.map(({ id, attempt }) =>
      db.execute<{ ms: string | null }>(sql`
        select extract(epoch from min(at) - ${at.toISOString()}::timestamptz) * 1000 as ms from history
        where id = ${id} and attempt > ${attempt}`),
    ),
  );
  return rows.flatMap(([row]) => (row?.ms == null ? [] : [Math.max(0, Number(row.ms))]));
}

await ledger.stop();
wrong.push(...(await withoutLeftovers()));
const unfinished = await db.execute<{ id: string; status: string }>(
  sql`select id, status from exports where status in ('CREATED', 'RUNNING', 'CANCELING')`,
);
wrong.push(...unfinished.map(({ id, status }) => `${id} is still ${status}`));
const [stale] = await db.execute<{ count: string }>(sql`
  select count(*) from (
    select attempt, max(attempt) over (partition by id order by version) as newest from history) steps
  where attempt < newest`);
const [double] = await db.execute<{ count: string }>(sql`
  select count(*) from (select id from history where status = 'COMPLETED' group by id
    having count(distinct attempt) > 1 or count(*) > 1) twice`);
const sorted = takeovers.toSorted((a, b) => a - b);
const seconds = (ms: number | undefined) => (ms === undefined ? '-' : `${(ms / 1000).toFixed(2)} s`);
say(
  `exports ${counts.exports}: ${counts.completed} completed, ${counts.canceled} cancelled, ${counts.failed} failed`,
);
say(
  `lost ${counts.lost}, published twice ${double?.count}, stale writes ${stale?.count}, torn groups ${counts.torn}`,
);
say(
  `takeovers ${sorted.length}: p50 ${seconds(sorted[Math.floor(sorted.length / 2)])}, max ${seconds(sorted.at(-1))}`,
);
say(`snapshots held at the end: ${await countReaders()}; writes of customers meanwhile: ${ledger.count()}`);
for (const line of wrong) say(`WRONG ${line}`);
if (Number(stale?.count) + Number(double?.count) > 0) wrong.push('stale or double');

await world.close();
await close();
await shaky.close();
await steady.close();
await cluster.close();
process.exitCode = wrong.length === 0 ? 0 : 1;

/** What holds after every fault; unfinished files may wait for the next tidying. */
async function withoutLeftovers(): Promise<string[]> {
  const deadline = performance.now() + 150_000;
  for (;;) {
    const found = await findFaults(world);
    const left = found.filter((line) => line.endsWith('is left over'));
    if (left.length === 0 || left.length < found.length || performance.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function countReaders(): Promise<number> {
  const rows = await db.execute(sql`select 1 from pg_stat_activity where application_name like 'export %'`);
  return rows.length;
}
