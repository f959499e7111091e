import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { prepareDatabase } from '../src/customers/stored-lines.ts';
import { connect, type Database } from '../src/db/client.ts';
import { openEmbeddedDatabase } from '../src/db/embedded.ts';
import { bell } from '../src/db/notifications.ts';
import { exports } from '../src/db/tables.ts';
import { startFlags } from './start-flags.ts';
import { type ClientOrder, findingsShape } from './subscribers-clients.ts';

export type SubscriberCase = {
  readonly transport: ClientOrder['transport'];
  readonly subscribers: number;
  /** Running exports that the subscribers share evenly. */
  readonly tasks: number;
  /** Further subscribers that stop reading after their first event. */
  readonly stalled?: number;
};

/** What one gateway process did in one case. */
export type SubscriberResult = SubscriberCase & {
  /** Events received, as a share of those that were due. */
  readonly received: number;
  /** From just before the commit to the client, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Percent of one core. */
  readonly cpu: number;
  /** At the end of the measurement. */
  readonly rssMegabytes: number;
};

const cases: readonly SubscriberCase[] = [
  { transport: 'websocket', subscribers: 5000, tasks: 1 },
  { transport: 'websocket', subscribers: 5000, tasks: 50 },
  { transport: 'sse', subscribers: 5000, tasks: 1 },
  { transport: 'sse', subscribers: 5000, tasks: 50 },
  { transport: 'websocket', subscribers: 4500, tasks: 1, stalled: 500 },
];

/** Changes of each task in a second, as the worker makes them. */
const CHANGES_PER_SECOND = 4;

/**
 * Measures how late progress reaches many subscribers of one gateway, and what that costs it, and prints a Markdown
 * table, row by row. The gateway, the clients and PostgreSQL are processes of their own.
 */
export async function benchSubscribers({
  only = cases,
  seconds = 20,
}: {
  readonly only?: readonly SubscriberCase[];
  /** How long each case is measured. */
  readonly seconds?: number;
} = {}): Promise<SubscriberResult[]> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'bench-subscribers-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const server = await openEmbeddedDatabase(folder, { settings: { fsync: 'off' } });
  opened.defer(server.close);
  await prepareDatabase(server.url);
  const { db, close } = connect(server.url, { max: 4, name: 'bench' });
  opened.defer(close);
  const results: SubscriberResult[] = [];
  process.stdout.write(`${tableHead}\n`);
  for (const each of only) {
    const result = await measure({ db, databaseUrl: server.url, folder, seconds }, each);
    process.stdout.write(`${formatRow(result)}\n`);
    results.push(result);
  }
  return results;
}

type Ground = {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly folder: string;
  readonly seconds: number;
};

const usageShape = z.object({ cpuMs: z.number(), rssBytes: z.number() });

async function measure(ground: Ground, each: SubscriberCase): Promise<SubscriberResult> {
  const { db, databaseUrl, folder, seconds } = ground;
  await using opened = new AsyncDisposableStack();
  const asyncTaskIds = await addTasks(db, each.tasks);
  const gateway = start('subscribers-gateway.ts', [databaseUrl, folder], await startFlags());
  opened.defer(() => end(gateway));
  const { url } = z.object({ url: z.string() }).parse(await answer(gateway));
  const clients = start('subscribers-clients.ts', []);
  opened.defer(() => end(clients));
  const { transport, subscribers, stalled = 0 } = each;
  await ask(clients, { transport, url, asyncTaskIds, subscribers, stalled } satisfies ClientOrder);
  const producers = asyncTaskIds.map((id, i) => produce(db, id, i / each.tasks));
  opened.defer(async () => {
    await Promise.all(producers.map((stop) => stop()));
  });

  await wait(3000); // until the connecting is digested
  await ask(clients, 'reset');
  const before = usageShape.parse(await ask(gateway, 'usage'));
  const started = performance.now();
  await wait(seconds * 1000);
  const after = usageShape.parse(await ask(gateway, 'usage'));
  const elapsedMs = performance.now() - started;
  const { events, ...delays } = findingsShape.parse(await ask(clients, 'report'));
  return {
    ...each,
    ...delays,
    received: events / ((subscribers * CHANGES_PER_SECOND * elapsedMs) / 1000),
    cpu: ((after.cpuMs - before.cpuMs) / elapsedMs) * 100,
    rssMegabytes: after.rssBytes / 1e6,
  };
}

async function addTasks(db: Database, count: number): Promise<string[]> {
  const rows = await db
    .insert(exports)
    .values(
      Array.from({ length: count }, () => ({
        brand: 'bench',
        requestedBy: 'bench',
        downloadRequestId: crypto.randomUUID(),
        fingerprint: '',
        filter: { brand: 'bench', posCodes: ['B1'] },
        selection: '{ email }',
        compression: 'NONE',
        readScope: { brands: '*', posCodes: null },
        status: 'RUNNING',
        attempt: 1,
        totalObjectCount: 1_000_000,
      })),
    )
    .returning({ id: exports.id });
  return rows.map(({ id }) => id);
}

/** Changes a task as the worker does, with the instant of the change in `estimatedCompletionAt`. */
function produce(db: Database, id: string, phase: number): () => Promise<void> {
  const periodMs = 1000 / CHANGES_PER_SECOND;
  const stop = new AbortController();
  const running = (async () => {
    const origin = performance.now() + phase * periodMs;
    for (let n = 0; !stop.signal.aborted; n++) {
      await wait(Math.max(0, origin + n * periodMs - performance.now()));
      await db.transaction(async (tx) => {
        await tx.execute(sql`update exports set version = version + 1, object_count = object_count + 250,
          progress = object_count / 10000.0, objects_per_second = 1000, estimated_completion_at = clock_timestamp()
          where id = ${id}`);
        await tx.execute(sql`select ${bell(sql`${id}::text`)}`);
      });
    }
  })();
  return async () => {
    stop.abort();
    await running;
  };
}

function start(file: string, args: readonly string[], execArgv: string[] = []): ChildProcess {
  return fork(join(import.meta.dirname, file), args, { stdio: 'inherit', execArgv });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.disconnect();
  const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exit;
  clearTimeout(impatience);
}

/** The child's next message; rejects when it exits instead. */
async function answer(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', { signal: over.signal }).then(([message]) => message),
      once(child, 'exit', { signal: over.signal }).then(([code]) => {
        throw new Error(`A process of the bench ended with ${code}.`);
      }),
    ]);
  } finally {
    over.abort();
  }
}

async function ask(child: ChildProcess, question: string | ClientOrder): Promise<unknown> {
  const answered = answer(child);
  child.send(question);
  return answered;
}

const columns = [
  'transport',
  'subscribers',
  'exports',
  'received',
  'p50 ms',
  'p99 ms',
  'max ms',
  'CPU',
  'RSS',
];
const tableHead = [columns, columns.map(() => '---')].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function formatRow({ transport, subscribers, stalled = 0, tasks, ...result }: SubscriberResult): string {
  const cells = [
    transport,
    stalled === 0 ? subscribers : `${subscribers} and ${stalled} that do not read`,
    tasks,
    `${(result.received * 100).toFixed(1)} %`,
    result.p50,
    result.p99,
    result.max,
    `${result.cpu.toFixed(0)} %`,
    `${result.rssMegabytes.toFixed(0)} MB`,
  ];
  return `| ${cells.join(' | ')} |`;
}

if (import.meta.main) await benchSubscribers();
