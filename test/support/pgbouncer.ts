import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterAll, beforeAll, inject } from 'vitest';
import { freePort } from '../../src/db/embedded/port.ts';

const PGBOUNCER = '/usr/sbin/pgbouncer';
/** PgBouncer refuses to run as root; this user is there on every Debian. */
const nobody = { uid: 65_534, gid: 65_534 };

export type PoolerOptions = {
  readonly mode: 'transaction' | 'session' | 'statement';
  /** Most connections to the server. */
  readonly size: number;
  /** Settings of a session that it takes and drops, where it would refuse the session otherwise. */
  readonly ignore?: readonly string[];
};

export type Pooler = {
  /** The URL of a database on the test server, through the pooler. */
  readonly through: (databaseUrl: string) => string;
};

/** Debian's PgBouncer before the test server, for the tests of a file. */
export function usePgbouncer(options: PoolerOptions): Pooler {
  let pooler: { readonly host: string; readonly close: () => Promise<void> } | undefined;
  beforeAll(async () => {
    if (!existsSync(PGBOUNCER)) await install();
    pooler = await startPgbouncer(inject('postgresServer'), options);
  }, 120_000);
  afterAll(() => pooler?.close());
  return {
    through: (databaseUrl) => {
      if (!pooler) throw new Error('PgBouncer does not run.');
      return throughHost(pooler.host, databaseUrl);
    },
  };
}

async function install(): Promise<void> {
  const script = join(import.meta.dirname, 'install-pgbouncer.sh');
  await promisify(execFile)('bash', [script]).catch((error: unknown) => {
    throw new Error(`These tests need ${PGBOUNCER}, and ${script} could not install it.`, { cause: error });
  });
}

function throughHost(host: string, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.host = host;
  url.password = ''; // the pooler knows it
  return url.href;
}

async function startPgbouncer(serverUrl: string, { mode, size, ignore = [] }: PoolerOptions) {
  const server = new URL(serverUrl);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'pgbouncer-'));
  const file = join(folder, 'pgbouncer.ini');
  await writeFile(
    file,
    `[databases]
* = host=${server.hostname} port=${server.port} user=${server.username} password=${server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${size}
max_client_conn = 500
ignore_startup_parameters = ${['extra_float_digits', ...ignore].join(', ')}
`,
    { mode: 0o600 },
  );
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const path of [folder, file]) await chown(path, nobody.uid, nobody.gid);
  const child = spawn(PGBOUNCER, ['-q', file], { ...(isRoot && nobody), cwd: folder, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const host = `127.0.0.1:${port}`;
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const probe = postgres(throughHost(host, `${serverUrl}postgres`), {
    max: 1,
    backoff: () => 0.05,
    onnotice: () => {},
  });
  try {
    await Promise.race([answers(probe), ended.then(() => Promise.reject(new Error('PgBouncer ended.')))]);
  } catch (error) {
    await close();
    throw error;
  } finally {
    await probe.end({ timeout: 0 });
  }
  return { host, close };
}

/** Resolves once the pooler listens and lets somebody through to the database. */
async function answers(probe: postgres.Sql): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await probe`select 1`;
      return;
    } catch (error) {
      if (tries === 200) throw error;
    }
  }
}
