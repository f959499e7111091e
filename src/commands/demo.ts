import { randomUUID } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { startApp } from '../app.ts';
import { type Config, loadConfig } from '../config.ts';
import { seedCustomers } from '../customers/demo/seed.ts';
import { connect } from '../db/client.ts';
import { customers } from '../db/tables.ts';
import { openLog } from '../log.ts';
import { type DemoFile, download, type ExportState, listBrands, start, watch } from './demo-client.ts';
import { openExportBar } from './export-bar.ts';
import { openDatabase } from './open-database.ts';
import { openProgress, showCount, showPace } from './progress.ts';
import { onlyHelps, runCommand } from './run-command.ts';

const DEMO_CUSTOMERS = 100_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

const usage = `Usage: npm run demo

The main job on this machine: starts the gateway and a worker, makes 100,000 customers when there are none, exports
some of them through the GraphQL API, downloads the file and verifies it. Settings are environment variables (README.md).
`;

/** The main job, from an empty folder to a checked file. */
await runCommand(async (signal) => {
  if (onlyHelps(usage)) return 0;
  const settings = { ...process.env, PORT: process.env['PORT'] ?? '0' };
  const config = loadConfig(settings);
  await using database = await openDatabase(settings, signal);
  await seedWhenEmpty(database.url, signal);
  await using app = await serve(config);
  say(`Gateway and worker run: ${app.url}/graphql\n`);

  const [brand] = await listBrands(app.url);
  if (!brand) throw new Error('There is no brand.');
  const input = {
    downloadRequestId: `demo-${randomUUID()}`,
    filter: {
      brand: brand.code,
      posCodes: brand.pointsOfSale.slice(0, 1000).map(({ posCode }) => posCode),
      customerStatus: ['CLIENT'],
      clientSpendingFrom: 1000,
    },
  };
  say(`Exporting the clients of ${brand.name} who spent 1,000 or more:`);
  const asyncTaskId = await start(app.url, input);
  say(`asyncTaskId ${asyncTaskId}`);
  const { file, ...state } = await follow(watch(app.url, asyncTaskId));
  const path = await save(config, file);
  say(`\n${path}`);
  say(
    `${showCount(state.objectCount, 'line')}, ${file.fileSize.toLocaleString('en')} bytes, ${file.fileChecksum}: verified`,
  );
  say(`All customers are shown as they were at ${state.transactionTime}. The first line:\n`);
  say(await readFirstLine(path));
  return 0;
});

async function seedWhenEmpty(url: string, signal: AbortSignal): Promise<void> {
  const { db, close } = connect(url, { max: 1 });
  const [anybody] = await db.select({ id: customers.boosterCustomerId }).from(customers).limit(1);
  await close();
  if (anybody) return;
  const startedAt = performance.now();
  {
    using progress = openProgress('Making customers');
    await seedCustomers(url, {
      customers: DEMO_CUSTOMERS,
      brand: null,
      seed: '1',
      signal,
      onProgress: ({ made, stored }) => progress.update({ begun: made / DEMO_CUSTOMERS, read: made, stored }),
    });
  }
  say(`${showCount(DEMO_CUSTOMERS, 'demo customer')} made ${showPace(DEMO_CUSTOMERS, startedAt)}.`);
}

async function serve(config: Config) {
  const app = await startApp(
    { ...config, roles: new Set(['gateway', 'worker']) },
    openLog({ level: 'warn' }),
  );
  if (app.url === null) throw new Error('The gateway does not run.');
  return { url: app.url, [Symbol.asyncDispose]: app.stop };
}

/** Shows the pushed states as a bar, and gives the last one. */
async function follow(states: AsyncIterable<ExportState>): Promise<ExportState & { file: DemoFile }> {
  using bar = openExportBar(process.stdout);
  for await (const state of states) {
    bar.update(state);
    if (state.file) return { ...state, file: state.file };
    if (state.failure) throw new Error(`${state.failure.code}: ${state.failure.message}`);
  }
  throw new Error('The export ended without a file.');
}

async function save({ dataDir }: Config, file: DemoFile): Promise<string> {
  const folder = join(dataDir, 'downloads');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, file.fileName);
  await download(file, path);
  return path;
}

async function readFirstLine(path: string): Promise<string> {
  const file = await open(path);
  try {
    for await (const line of file.readLines({ end: 1_000_000 })) return line;
    return '(no lines)';
  } finally {
    await file.close();
  }
}
