import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import {
  cancelTask,
  claimTask,
  failTask,
  findTask,
  finishCanceling,
  publishTask,
  recordProgress,
  returnTask,
} from '../../src/exports/task/store.ts';
import { isTerminal, type Status } from '../../src/exports/task.ts';
import { openLog } from '../../src/log.ts';
import { insertExport } from '../support/exports.ts';
import { fc } from '../support/fast-check.ts';
import { useDatabase } from '../support/postgres.ts';

/** A run of an export takes this long, and its subscribers come and go during it and a little later. */
const RUN_MS = 1_500;

const database = useDatabase();
const { db, sql } = database;
const gateways: (App | null)[] = [];
let folder = '';

async function startGateway(): Promise<App> {
  const config = loadConfig({
    PORT: '0',
    ROLES: 'gateway',
    DATABASE_URL: database.url,
    DATA_DIR: folder,
    LOG_LEVEL: 'silent',
  });
  return startApp(config, openLog({ level: 'silent' }));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-property-'));
  gateways.push(await startGateway(), await startGateway());
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway?.stop()));
  await rm(folder, { recursive: true, force: true });
});

// --- what happens ---------------------------------------------------------------------------------------

type Ending = 'COMPLETED' | 'FAILED' | 'CANCELED';
type Fault = {
  readonly at: number;
  readonly kind: 'cut listeners' | 'restart a gateway';
  readonly which: 0 | 1;
};
type Visitor = {
  readonly transport: 'WebSocket' | 'SSE';
  readonly gateway: 0 | 1;
  readonly comesAt: number;
  /** When its connection is cut, after which it comes back to the other gateway. */
  readonly cutsAt: readonly number[];
};
type Scenario = {
  readonly steps: readonly number[];
  readonly restartsAfter: number | null;
  readonly ending: Ending;
  readonly faults: readonly Fault[];
  readonly visitors: readonly Visitor[];
};

const instant = fc.integer({ min: 0, max: RUN_MS + 500 });
const which = fc.constantFrom(0 as const, 1 as const);
const scenario: fc.Arbitrary<Scenario> = fc.record({
  /** Pauses between changes, in ms. */
  steps: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 3, maxLength: 15 }),
  /** After this many changes the worker is lost, or gives the export back. */
  restartsAfter: fc.option(fc.integer({ min: 1, max: 10 })),
  ending: fc.constantFrom<Ending>('COMPLETED', 'FAILED', 'CANCELED'),
  faults: fc.array(
    fc.record({ at: instant, kind: fc.constantFrom('cut listeners', 'restart a gateway'), which }),
    { maxLength: 3 },
  ),
  visitors: fc.array(
    fc.record({
      transport: fc.constantFrom('WebSocket', 'SSE'),
      gateway: which,
      comesAt: instant,
      cutsAt: fc.array(instant, { maxLength: 3 }),
    }),
    { minLength: 4, maxLength: 12 },
  ),
});

/** Does what a worker does to the row, in the scenario's time. */
async function work(id: string, { steps, restartsAfter, ending }: Scenario): Promise<void> {
  let task = await claimTask(db, { id, attempt: 0 });
  const scale =
    RUN_MS /
    Math.max(
      1,
      steps.reduce((sum, ms) => sum + ms, 0),
    );
  for (const [n, pause] of steps.entries()) {
    await delay(pause * scale);
    if (!task) throw new Error('The claim was lost.');
    if (n === restartsAfter) {
      // Every other time in good order, with the count kept.
      if (n % 2 === 0) task = await returnTask(db, task);
      task = task && (await claimTask(db, task));
    }
    if (!task) throw new Error('The claim was lost.');
    const objectCount = (n + 1) * 10;
    await recordProgress(db, task, { objectCount, totalObjectCount: 1_000, progress: n + 1 });
  }
  if (!task) throw new Error('The claim was lost.');
  if (ending === 'COMPLETED') {
    await publishTask(
      db,
      task,
      { fileKey: 'x', fileSize: 1, uncompressedSize: 1, fileSha256: 'x', objectCount: 1_000 },
      24,
    );
  } else if (ending === 'FAILED') {
    await failTask(db, task, { code: 'INTERNAL_ERROR', message: '', retryable: false });
  } else {
    await cancelTask(db, id, 'alice');
    await finishCanceling(db, task);
  }
}

async function strike({ at, kind, which }: Fault): Promise<void> {
  await delay(at);
  if (kind === 'cut listeners') {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'customer-export listener'`;
    return;
  }
  const gateway = gateways[which];
  if (!gateway) return; // another fault has it down already
  gateways[which] = null;
  await gateway.stop();
  gateways[which] = await startGateway();
}

// --- what a subscriber sees -------------------------------------------------------------------------------

type State = {
  readonly status: Status;
  readonly progress: number;
  readonly objectCount: number;
  readonly attempts: number;
};
const query = `subscription ($id: ID!) {
  customerExportProgress(asyncTaskId: $id) { status progress objectCount attempts }
}`;

type Stream = AsyncIterable<{
  data?: { customerExportProgress: State } | null | undefined;
  errors?: unknown;
}> & {
  readonly cut: () => void;
};

/** May be cut while it connects: `ws` tells of that after the client has stopped listening. */
class FragileWebSocket extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols);
    this.on('error', () => {});
  }
}

function connect(transport: Visitor['transport'], url: string, id: string): Stream {
  const request = { query, variables: { id } };
  if (transport === 'SSE') {
    const client = createSseClient({ url: `${url}/graphql`, retryAttempts: 0 });
    const results = client.iterate<{ customerExportProgress: State }>(request);
    return { [Symbol.asyncIterator]: () => results, cut: () => client.dispose() };
  }
  const client = createWsClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: FragileWebSocket,
    retryAttempts: 0,
  });
  const results = client.iterate<{ customerExportProgress: State }>(request);
  return { [Symbol.asyncIterator]: () => results, cut: () => client.terminate() };
}

/** Everything that a visitor sees, over all its connections, until one of them is completed by the server. */
async function visit(id: string, { transport, comesAt, cutsAt, ...visitor }: Visitor): Promise<State[]> {
  const started = performance.now();
  const deadline = started + RUN_MS + 15_000;
  const cuts = [...cutsAt].sort((a, b) => a - b);
  const seen: State[] = [];
  let at = visitor.gateway;
  await delay(comesAt);
  while (performance.now() < deadline) {
    const gateway = gateways[at];
    at = at === 0 ? 1 : 0;
    if (!gateway?.url) {
      await delay(10);
      continue;
    }
    // The first state is at least as new as what was known before it was asked for.
    const known = await findTask(db, id);
    const stream = connect(transport, gateway.url, id);
    const cut = cuts.find((ms) => ms > performance.now() - started);
    const timer = cut === undefined ? undefined : setTimeout(stream.cut, cut - (performance.now() - started));
    let isFirst = true;
    try {
      for await (const { data, errors } of stream) {
        if (!data) throw new Error(`No state, but ${JSON.stringify(errors)}.`);
        const state = data.customerExportProgress;
        seen.push(state);
        if (isFirst) expect(state.progress).toBeGreaterThanOrEqual(known?.progress ?? 0);
        isFirst = false;
      }
      const last = seen.at(-1);
      if (last && isTerminal(last.status)) return seen;
      // A connection that was cut may look like one that was completed.
    } catch (error) {
      if (error instanceof Error && /^No state|^expected/.test(error.message)) throw error;
      await delay(10);
    } finally {
      clearTimeout(timer);
    }
  }
  throw new Error(`The end was missed; the last that was seen is ${JSON.stringify(seen.at(-1))}.`);
}

function checkOrder(seen: readonly State[], ending: Ending): void {
  for (const [n, state] of seen.entries()) {
    const before = seen[n - 1];
    if (!before) continue;
    expect(state.progress).toBeGreaterThanOrEqual(before.progress);
    expect(state.attempts).toBeGreaterThanOrEqual(before.attempts);
    if (state.attempts === before.attempts && before.status !== 'CREATED') {
      expect(state.objectCount).toBeGreaterThanOrEqual(before.objectCount);
    }
    if (isTerminal(before.status)) expect(state.status).toBe(before.status);
  }
  expect(seen.at(-1)?.status).toBe(ending);
  if (ending === 'COMPLETED') expect(seen.at(-1)).toMatchObject({ progress: 100, objectCount: 1_000 });
}

test('whoever comes late, twice, after the end or again and again sees the end, and nothing go backwards', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (happening) => {
      const id = await insertExport(db, { status: 'CREATED', attempt: 0 });
      const [visits] = await Promise.all([
        Promise.all(happening.visitors.map((visitor) => visit(id, visitor))),
        work(id, happening),
        ...happening.faults.map(strike),
      ]);
      for (const seen of visits) checkOrder(seen, happening.ending);
    }),
    { numRuns: 6, endOnFailure: true },
  );
}, 60_000);
