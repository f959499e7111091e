import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Connection } from '../../src/db/client.ts';
import { findTask } from '../../src/exports/task/store.ts';
import { type ExportTask, isTerminal } from '../../src/exports/task.ts';
import { query } from '../support/client.ts';
import { addCustomers } from '../support/customers.ts';
import { type Server, type ServerOptions, startServer } from '../support/process.ts';
import { keepHistory, urlFor } from './history.ts';

/** In every customer's e-mail address, and never to be found in a log. */
export const CANARY = 'canary-8d1f';

/** Where the processes keep their files, seen from outside. */
export type Store = {
  /** What tells a process of it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Every file and part of a file, as `<task>/<name>`. */
  readonly list: () => Promise<string[]>;
  /** The bytes of what a task's `fileKey` names; rejects when there is nothing. */
  readonly read: (fileKey: string) => Promise<Buffer>;
};

export type World = Awaited<ReturnType<typeof openWorld>>;

/**
 * A migrated database with customers of the brands `maison` (6 MB of lines unless their names are shorter) and `other`,
 * a store for files (a folder unless given), and the program in as many processes as a test starts. Every change of a
 * task is remembered, and by which of them it was.
 */
export async function openWorld({
  db,
  url,
  nameLength = 2_000,
  store,
}: Pick<Connection, 'db'> & {
  readonly url: string;
  readonly nameLength?: number;
  readonly store?: Store;
}) {
  const folder = await mkdtemp(join(tmpdir(), 'export-faults-'));
  const { env: storeEnv = {}, ...files } = store ?? filesBelow(join(folder, 'files'));
  const servers: Server[] = [];
  await db.execute(sql`insert into brands values ('maison', 'Maison'), ('other', 'Other')`);
  await db.execute(
    sql`insert into points_of_sale values ('maison', 'P1', 'One'), ('maison', 'P2', 'Two'), ('other', 'P1', 'One')`,
  );
  await addCustomers(db, { count: 3_000, brand: 'maison', nameLength });
  await addCustomers(db, { count: 10, brand: 'other', firstId: 100_000 });
  await db.execute(sql`update customers set email = ${CANARY} || booster_customer_id || '@example.com'`);
  await keepHistory(db);

  const start = (env: ServerOptions['env'] = {}, rest: Omit<ServerOptions, 'env'> = {}) => {
    const databaseUrl = urlFor(servers.length, env['DATABASE_URL'] ?? url);
    const server = startServer({
      env: { DATA_DIR: folder, ...storeEnv, ...env, DATABASE_URL: databaseUrl },
      ...rest,
    });
    servers.push(server);
    return server;
  };
  const find = async (id: string): Promise<ExportTask> => {
    const task = await findTask(db, id);
    if (!task) throw new Error(`There is no task ${id}.`);
    return task;
  };
  const until = async (id: string, what: (task: ExportTask) => boolean, ms = 30_000): Promise<ExportTask> => {
    const start = performance.now();
    for (;;) {
      const task = await find(id).catch((error: unknown) => ({ error })); // its database may be away
      if (!('error' in task) && what(task)) return task;
      const elapsed = performance.now() - start;
      if (elapsed > ms) throw new Error(`In vain: ${JSON.stringify(task)}`);
      await new Promise((resolve) => setTimeout(resolve, elapsed < 1_000 ? 20 : 100));
    }
  };

  return {
    db,
    url,
    folder,
    /** In the order of their start: a process has its place here as its number in the history. */
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
    files,
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

function filesBelow(folder: string): Store {
  return {
    list: async () => {
      const root = join(folder, 'exports');
      const tasks = await readdir(root).catch(() => []);
      const names = await Promise.all(
        tasks.map(async (task) =>
          (await readdir(join(root, task)).catch(() => [])).map((name) => `${task}/${name}`),
        ),
      );
      return names.flat();
    },
    read: (key) => readFile(join(folder, key)),
  };
}
