import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { Outcome } from './contestant.ts';
import { startFlags } from './start-flags.ts';

/** A gateway and workers, each in a process of its own as `npm start` runs it. Files that they made are removed. */
export type BenchServer = {
  readonly url: string;
  /** Exports, and says from outside what that cost the first worker. */
  readonly exportAll: (input: Record<string, unknown>) => Promise<Outcome>;
  /** User and system time that all workers have taken so far, in seconds. */
  readonly workersCpuSeconds: () => Promise<number>;
  readonly stop: () => Promise<void>;
};

/** Of the server's processes; its files are below DATA_DIR. */
export type Environment = Readonly<Record<string, string>> & { readonly DATA_DIR: string };

const started = z.object({
  data: z.object({
    startCustomerExport: z.object({
      asyncTaskId: z.string(),
      userErrors: z.array(z.unknown()).length(0),
    }),
  }),
});
const event = z.object({
  customerExportProgress: z.object({
    status: z.string(),
    objectCount: z.number(),
    createdAt: z.string(),
    completedAt: z.string().nullable(),
    file: z.object({ url: z.string(), fileChecksum: z.string() }).nullable(),
  }),
});

export async function startServer(
  environment: Environment,
  { workers: count = 1 } = {},
): Promise<BenchServer> {
  const flags = await startFlags();
  const gateway = spawnServer(flags, { ...environment, ROLES: 'gateway' });
  const url = await readLog(gateway, /listening on (http:\S+?)"/);
  const workers = Array.from({ length: count }, () =>
    spawnServer(flags, { ...environment, ROLES: 'worker' }),
  );
  await Promise.all(workers.map((worker) => readLog(worker, /(working)/)));
  const [first] = workers;
  if (!first) throw new Error('Without a worker nothing is exported.');
  // They would fill the disk: 600 MB for a million customers.
  const removeFiles = () => rm(join(environment.DATA_DIR, 'files'), { recursive: true, force: true });
  return {
    url,
    exportAll: async (input) => {
      const outcome = await observe(first, () => exportCustomers(url, input));
      await removeFiles();
      return outcome;
    },
    workersCpuSeconds: async () => {
      const seconds = await Promise.all(workers.map(readCpuSeconds));
      return seconds.reduce((sum, each) => sum + each, 0);
    },
    stop: async () => {
      await Promise.all([...workers, gateway].map(end));
      await removeFiles();
    },
  };
}

function spawnServer(flags: readonly string[], environment: Record<string, string>): ChildProcess {
  return spawn(
    process.execPath,
    [...flags, '--import', new URL('./observe.ts', import.meta.url).href, 'src/main.ts'],
    {
      env: { ...process.env, ...environment, PORT: '0', LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
}

/** What a process says of itself: the first group of the first text that the pattern fits. */
function readLog(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
    child.stdout?.on('data', (text) => {
      const [, said] = pattern.exec(`${text}`) ?? [];
      if (said) resolve(said);
    });
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

async function observe(worker: ChildProcess, work: () => Promise<Outcome>): Promise<Outcome> {
  await tell(worker, 'reset');
  // Forgets the largest size so far (Linux, proc(5)).
  await writeFile(`/proc/${worker.pid}/clear_refs`, '5');
  const cpuBefore = await readCpuSeconds(worker);
  const outcome = await work();
  const { loopDelayMs } = await tell(worker, 'report');
  return {
    ...outcome,
    cpuSeconds: (await readCpuSeconds(worker)) - cpuBefore,
    peakMemoryMb: await readPeakMemoryMb(worker),
    loopDelayMs,
  };
}

/** From the mutation to COMPLETED, seen through the public API. */
export async function exportCustomers(url: string, input: Record<string, unknown>): Promise<Outcome> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query:
        'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId userErrors { code } } }',
      variables: { input },
    }),
  });
  const { asyncTaskId } = started.parse(await response.json()).data.startCustomerExport;
  const answered = performance.now();
  const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
  let firstProgressMs: number | undefined;
  for await (const { data } of client.iterate({
    query:
      'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status objectCount createdAt completedAt file { url fileChecksum } } }',
    variables: { id: asyncTaskId },
  })) {
    const { status, objectCount, createdAt, completedAt, file } = event.parse(data).customerExportProgress;
    if (status !== 'CREATED') firstProgressMs ??= performance.now() - answered;
    if (status === 'FAILED') throw new Error('The export failed.');
    if (!file) continue;
    await client.dispose();
    return {
      lines: objectCount,
      // As committed: an event may come up to 250 ms later.
      seconds: (Date.parse(completedAt ?? '') - Date.parse(createdAt)) / 1000,
      sha256: file.fileChecksum.replace('sha256:', ''),
      ...(firstProgressMs === undefined ? {} : { firstProgressMs }),
    };
  }
  throw new Error('The subscription ended without a terminal state.');
}

const report = z.object({ loopDelayMs: z.number() });

function tell(child: ChildProcess, message: 'reset' | 'report'): Promise<z.infer<typeof report>> {
  return new Promise((resolve) => {
    child.once('message', (answer) => resolve(report.parse(answer)));
    child.send(message);
  });
}

/** User and system time of a process, in seconds (Linux; hundredths). */
async function readCpuSeconds({ pid }: ChildProcess): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The largest resident size a process has had. */
async function readPeakMemoryMb({ pid }: ChildProcess): Promise<number> {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
