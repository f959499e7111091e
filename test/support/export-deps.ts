import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import type { Scope, Viewer } from '../../src/auth/viewer.ts';
import { openSpareReaders } from '../../src/db/spare-readers.ts';
import { brands, exports, pointsOfSale } from '../../src/db/tables.ts';
import type { ExportDeps } from '../../src/exports/deps.ts';
import { fileKey } from '../../src/exports/file.ts';
import { claimTask, findTask, publishTask } from '../../src/exports/task/store.ts';
import type { Compression, ExportTask } from '../../src/exports/task.ts';
import { openDirectory } from '../../src/storage/directory.ts';
import { useDatabase } from './postgres.ts';

export type ExportWorld = {
  readonly deps: ExportDeps;
  /** Lines of the log so far, parsed. */
  readonly logged: Record<string, unknown>[];
  /** Ids of the tasks that were put before the workers. */
  readonly enqueued: string[];
  /** Where the storage keeps its files. */
  readonly folder: () => string;
};

/** What the door needs of the rooms below: a database with two brands, a folder for files, and no worker. */
export function useExports(): ExportWorld {
  const { db, url } = useDatabase();
  const logged: Record<string, unknown>[] = [];
  const enqueued: string[] = [];
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'export-gateway-files-'));
    await db.insert(brands).values([
      { code: 'cartier', name: 'Cartier' },
      { code: 'piaget', name: 'Piaget' },
    ]);
    await db.insert(pointsOfSale).values([
      { brand: 'cartier', posCode: 'P1', name: 'Paris' },
      { brand: 'cartier', posCode: 'P2', name: 'Rome' },
      { brand: 'piaget', posCode: 'P3', name: 'Geneva' },
    ]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const spareReaders = openSpareReaders();
  afterAll(spareReaders.close);
  const storage: ExportDeps['storage'] = {
    ...openDirectory('/nowhere'),
    write: (...args) => openDirectory(folder).write(...args),
    open: (...args) => openDirectory(folder).open(...args),
    head: (...args) => openDirectory(folder).head(...args),
    remove: (...args) => openDirectory(folder).remove(...args),
    list: () => openDirectory(folder).list(),
    removeUnfinished: (...args) => openDirectory(folder).removeUnfinished(...args),
  };
  const deps: ExportDeps = {
    db,
    databaseUrl: url,
    readUrl: null,
    spareReaders,
    storage,
    watch: { watchTask: () => () => {}, watchAll: () => () => {}, close: async () => {} },
    log: pino({ level: 'debug' }, { write: (line) => logged.push(JSON.parse(line)) }),
    enqueue: async (_tx, task) => {
      enqueued.push(task.id);
    },
    publicUrl: 'http://gateway.test',
    signingKeys: ['a key of more than thirty-two bytes'],
    downloadUrlTtlSeconds: 900,
    retentionHours: 24,
  };
  return { deps, logged, enqueued, folder: () => folder };
}

/** A caller of the brand `cartier`, who may do everything there unless told otherwise. */
export function viewerOf(
  subject: string,
  rest: Partial<Omit<Viewer, 'scopes'>> & { scopes?: Scope[] } = {},
): Viewer {
  return {
    subject,
    brands: ['cartier'],
    posCodes: null,
    expiresAt: null,
    ...rest,
    scopes: new Set(rest.scopes ?? ['customers:read', 'customers:export']),
  };
}

let requests = 0;

/** A task of ann's that waits for a worker. */
export async function addTask(
  { db }: Pick<ExportDeps, 'db'>,
  {
    compression = 'NONE',
    brand = 'cartier',
    selection = '{ email }',
  }: { compression?: Compression; brand?: string; selection?: string } = {},
): Promise<ExportTask> {
  const [row] = await db
    .insert(exports)
    .values({
      brand,
      requestedBy: 'ann',
      downloadRequestId: `request ${++requests}`,
      fingerprint: '',
      filter: { brand, posCodes: ['P1'] },
      selection,
      compression,
      readScope: { brands: '*', posCodes: null },
    })
    .returning();
  return requireTaskOf({ db }, row?.id ?? '');
}

/** A task whose worker has written `bytes`. */
export async function addFinishedTask(
  deps: Pick<ExportDeps, 'db' | 'storage'>,
  bytes: Buffer,
  options: { compression?: Compression; brand?: string } = {},
): Promise<ExportTask> {
  const task = await claimTask(deps.db, await addTask(deps, options));
  if (!task) throw new Error('The task could not be claimed.');
  const key = fileKey(task);
  await deps.storage.write(
    key,
    (async function* () {
      yield bytes;
    })(),
    new AbortController().signal,
  );
  await publishTask(
    deps.db,
    task,
    {
      fileKey: key,
      fileSize: bytes.length,
      uncompressedSize: bytes.length,
      fileSha256: createHash('sha256').update(bytes).digest('hex'),
      objectCount: 1,
    },
    24,
  );
  return requireTaskOf(deps, task.id);
}

/** The task as its row says now. */
export async function requireTaskOf({ db }: Pick<ExportDeps, 'db'>, id: string): Promise<ExportTask> {
  const task = await findTask(db, id);
  if (!task) throw new Error('There is no such task.');
  return task;
}
