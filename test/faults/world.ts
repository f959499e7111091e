import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Connection } from '../../src/db/client.ts';
import { type ExportTask, isTerminal, moves } from '../../src/exports/task.ts';
import { findTask } from '../../src/exports/task-store.ts';
import { query } from '../support/client.ts';
import { addCustomers } from '../support/customers.ts';
import { type Server, type ServerOptions, startServer } from '../support/process.ts';

/** In every customer's e-mail address, and never to be found in a log. */
export const CANARY = 'canary-8d1f';

export type World = Awaited<ReturnType<typeof openWorld>>;

/**
 * A migrated database with customers of the brands `maison` (6 MB of lines) and `other`, a folder for files, and the
 * program in as many processes as a test starts. Every change of a task is remembered by a trigger.
 */
export async function openWorld({ db, url }: Pick<Connection, 'db'> & { readonly url: string }) {
  const folder = await mkdtemp(join(tmpdir(), 'export-faults-'));
  const servers: Server[] = [];
  await db.execute(sql`insert into brands values ('maison', 'Maison'), ('other', 'Other')`);
  await db.execute(
    sql`insert into points_of_sale values ('maison', 'P1', 'One'), ('maison', 'P2', 'Two'), ('other', 'P1', 'One')`,
  );
  await addCustomers(db, { count: 3_000, brand: 'maison', nameLength: 2_000 });
  await addCustomers(db, { count: 10, brand: 'other', firstId: 100_000 });
  await db.execute(sql`update customers set email = ${CANARY} || booster_customer_id || '@example.com'`);
  await db.execute(sql`
    create table history as select clock_timestamp() as at, id, status, attempt, returns, version, object_count, progress
    from exports`);
  await db.execute(sql`
    create function remember() returns trigger language plpgsql as $$ begin
      insert into history values
        (clock_timestamp(), new.id, new.status, new.attempt, new.returns, new.version, new.object_count, new.progress);
      return null;
    end $$`);
  await db.execute(sql`
    create trigger remember after insert or update on exports for each row execute function remember()`);

  const start = (env: ServerOptions['env'] = {}, rest: Omit<ServerOptions, 'env'> = {}) => {
    const server = startServer({ env: { DATABASE_URL: url, DATA_DIR: folder, ...env }, ...rest });
    servers.push(server);
    return server;
  };
  const find = async (id: string): Promise<ExportTask> => {
    const task = await findTask(db, id);
    if (!task) throw new Error(`There is no task ${id}.`);
    return task;
  };
  const until = async (id: string, what: (task: ExportTask) => boolean, ms = 30_000): Promise<ExportTask> => {
    const deadline = performance.now() + ms;
    for (;;) {
      const task = await find(id);
      if (what(task)) return task;
      if (performance.now() > deadline) throw new Error(`In vain: ${JSON.stringify(task)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  return {
    db,
    url,
    folder,
    servers,
    /** Starts the program: gateway and worker unless told otherwise. */
    start,
    /** Ends a process as `kill -9` does. */
    kill: async (server: Server) => {
      server.signal('SIGCONT');
      server.signal('SIGKILL');
      await server.ended;
    },
    find,
    until,
    finished: (id: string, ms?: number) => until(id, ({ status }) => isTerminal(status), ms),
    /** Every file and part of a file below the folder, as `<task>/<name>`. */
    files: () => listFiles(folder),
    /** Ends what runs and takes everything away. */
    close: async () => {
      for (const server of servers) {
        server.signal('SIGCONT');
        server.signal('SIGKILL');
      }
      await Promise.all(servers.map(({ ended }) => ended));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let requests = 0;

/** Starts an export through the public API; resolves with the task's id. */
export async function startExport(url: string, input: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await query(url, startMutation, { input: exportInput(input) });
  const payload = body.data?.['startCustomerExport'];
  if (!payload?.asyncTaskId) throw new Error(`${status} ${JSON.stringify(body)}`);
  return payload.asyncTaskId;
}

export const startMutation = `mutation ($input: StartCustomerExportInput!) {
  startCustomerExport(input: $input) { asyncTaskId customerExport { status } userErrors { code message field } }
}`;

export function exportInput(input: Record<string, unknown> = {}) {
  return {
    downloadRequestId: `fault ${++requests}`,
    filter: { brand: 'maison', posCodes: ['P1'] },
    selection: '{ boosterCustomerId firstName email }',
    ...input,
  };
}

export async function cancelExport(url: string, id: string): Promise<void> {
  const { body } = await query(
    url,
    `mutation ($id: ID!) { cancelCustomerExport(asyncTaskId: $id) { userErrors { code message } } }`,
    { id },
  );
  const errors = body.errors ?? body.data?.['cancelCustomerExport'].userErrors;
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
}

async function listFiles(folder: string): Promise<string[]> {
  const root = join(folder, 'files', 'exports');
  const tasks = await readdir(root).catch(() => []);
  const names = await Promise.all(
    tasks.map(async (task) =>
      (await readdir(join(root, task)).catch(() => [])).map((name) => `${task}/${name}`),
    ),
  );
  return names.flat();
}

/**
 * What holds after every fault, of all tasks so far: one whole file for a COMPLETED task and one `complete` in the audit
 * trail, no file for any other, no step backwards in any row's history, and nobody's data in a log.
 * @returns what is wrong, in words: an empty list when all is well.
 */
export async function findFaults({ db, folder, files, servers }: World): Promise<string[]> {
  const wrong: string[] = [];
  const tasks = await db.query.exports.findMany();
  const completed = tasks.filter(({ status }) => status === 'COMPLETED');
  for (const task of completed) {
    const bytes = await readFile(join(folder, 'files', task.fileKey ?? '')).catch(() => null);
    if (!bytes) {
      wrong.push(`${task.id} is COMPLETED and has no file`);
      continue;
    }
    const lines = bytes.toString().split('\n');
    const ids = lines.slice(0, -1).map((line) => Number(JSON.parse(line).boosterCustomerId));
    if (lines.at(-1) !== '') wrong.push(`${task.id}: the last line does not end`);
    if (ids.some((id, at) => id <= (ids[at - 1] ?? 0)))
      wrong.push(`${task.id}: customers out of order, or twice`);
    if (ids.length !== task.objectCount || task.totalObjectCount !== task.objectCount) {
      wrong.push(`${task.id}: ${ids.length} lines, ${task.objectCount} of ${task.totalObjectCount} said`);
    }
    if (bytes.byteLength !== task.fileSize) wrong.push(`${task.id}: ${bytes.byteLength} bytes`);
    if (createHash('sha256').update(bytes).digest('hex') !== task.fileSha256)
      wrong.push(`${task.id}: checksum`);
  }
  const wanted = new Set(completed.map(({ fileKey }) => fileKey?.replace('exports/', '')));
  for (const name of await files()) if (!wanted.has(name)) wrong.push(`${name} is left over`);

  const audited = await db.execute<{ export_id: string; count: string }>(
    sql`select export_id, count(*) from audit where action = 'complete' group by export_id`,
  );
  const counts = new Map(audited.map((row) => [row.export_id, Number(row.count)]));
  for (const { id } of completed) {
    if (counts.get(id) !== 1) wrong.push(`${id}: ${counts.get(id) ?? 0} completions in the audit trail`);
  }
  if (audited.length > completed.length) wrong.push('completions in the audit trail of tasks that are not');
  wrong.push(...(await findSetbacks(db)));
  for (const server of servers) if (server.output().includes(CANARY)) wrong.push('personal data in a log');
  return wrong;
}

type Step = {
  readonly id: string;
  readonly status: ExportTask['status'];
  readonly attempt: number;
  readonly returns: number;
  readonly version: number;
  readonly object_count: number;
  readonly progress: number;
};

/** Steps that no task may take. */
async function findSetbacks(db: Connection['db']): Promise<string[]> {
  const steps = await db.execute<Step>(sql`
    select id, status, attempt, returns, version::int, object_count, progress from history order by id, version, at`);
  return steps.flatMap((step, at) => {
    const before = steps[at - 1];
    if (before?.id !== step.id) return [];
    const wrong: string[] = [];
    const say = (what: string) => wrong.push(`${step.id} version ${step.version}: ${what}`);
    if (step.version !== before.version + 1) say(`after ${before.version}`);
    if (step.attempt < before.attempt) say('attempt fell');
    if (step.progress < before.progress) say('progress fell');
    if (step.status !== before.status && !moves[before.status].includes(step.status)) {
      say(`${before.status} became ${step.status}`);
    }
    const sameToCallers = step.attempt - step.returns === before.attempt - before.returns;
    if (sameToCallers && step.object_count < before.object_count) say('objectCount fell');
    return wrong;
  });
}
