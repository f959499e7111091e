import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { connect, type Database } from '../../src/db/client.ts';
import { signFileUrl } from '../../src/exports/file.ts';
import { addCustomers } from '../support/customers.ts';
import { insertExport } from '../support/exports.ts';
import { makeKey, serveKeys, signToken } from '../support/tokens.ts';
import { canary } from './values.ts';

export type Gateway = AsyncDisposable & {
  readonly url: string;
  /** Of callers who may see one point of sale; used in turn, so that nobody reaches the limit of unfinished exports. */
  readonly tokens: readonly string[];
  /** The path and query of a file that is there. */
  readonly signedPath: string;
  /** An export of somebody else's. */
  readonly foreignId: string;
  /** Lines of the log, from `debug` on. */
  readonly logged: readonly string[];
};

const signingKey = 'a key for generated requests of more than thirty-two bytes';

/** Serves an empty database of the newest layout, with customers whom the callers may see, and others who are marked. */
export async function openGateway(databaseUrl: string): Promise<Gateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'export-fuzz-'));
  const key = await makeKey('ES256');
  const keys = await serveKeys([key]);
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => logged.push(line) });
  const settings = { ROLES: 'gateway', PORT: '0', RATE_LIMIT_PER_MINUTE: '0', INTROSPECTION: 'on' };
  const env = { ...keys.env, ...settings, DATABASE_URL: databaseUrl, DATA_DIR: dataDir };
  const app = await startApp(loadConfig({ ...env, URL_SIGNING_KEY: signingKey }), log);
  const { db, close } = connect(databaseUrl);
  await fill(db);
  const claims = { brands: ['cartier'], posCodes: ['P1'] };
  const tokens = Array.from({ length: 200 }, (_, n) =>
    signToken(key, { ...claims, sub: `caller ${n}`, exp: 4e9 }),
  );
  const gateway = {
    url: app.url ?? '',
    tokens: await Promise.all(tokens),
    signedPath: await addFile(db, dataDir),
    foreignId: await insertExport(db, {
      requestedBy: canary,
      downloadRequestId: canary,
      filter: {
        brand: 'cartier',
        posCodes: ['P1'],
        boosterCustomerIds: Array.from({ length: 10_000 }, (_, id) => id),
      },
    }),
    logged,
  };
  await close();
  return {
    ...gateway,
    [Symbol.asyncDispose]: async () => {
      await app.stop();
      await keys[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function fill(db: Database): Promise<void> {
  await db.execute(sql`insert into brands values ('cartier', 'Cartier'), ('piaget', ${canary})`);
  await db.execute(sql`insert into points_of_sale values
    ('cartier', 'P1', 'Paris'), ('cartier', 'P2', ${canary}), ('piaget', 'P1', ${canary})`);
  await addCustomers(db, { count: 2_000 });
  await addCustomers(db, { count: 50, posCode: 'P2', firstId: 10_000 });
  await addCustomers(db, { count: 50, brand: 'piaget', firstId: 20_000 });
  await db.execute(
    sql`update customers set email = ${canary} || booster_customer_id where booster_customer_id >= 10000`,
  );
}

/** Adds a finished export, and gives its signed URL. */
async function addFile(db: Database, dataDir: string): Promise<string> {
  const id = crypto.randomUUID();
  const fileKey = `exports/${id}/1.jsonl`;
  const line = '{"email":"c1@example.com"}\n';
  const file = join(dataDir, 'files', fileKey);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, line);
  await insertExport(db, {
    id,
    status: 'COMPLETED',
    progress: 100,
    objectCount: 1,
    fileKey,
    fileSize: line.length,
    uncompressedSize: line.length,
    fileSha256: '0'.repeat(64),
    expiresAt: new Date(4e12),
  });
  return signFileUrl({ publicUrl: '', signingKeys: [signingKey] }, { id, attempt: 1 }, 4e9);
}
