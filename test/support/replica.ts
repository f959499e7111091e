import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { prepareDatabase } from '../../src/customers/stored-lines.ts';
import { type Connection, connect } from '../../src/db/client.ts';
import { openEmbeddedDatabase } from '../../src/db/embedded.ts';
import { eventually } from './eventually.ts';

const run = promisify(execFile);

const settings = {
  fsync: 'off',
  wal_level: 'replica',
  max_wal_senders: '4',
  max_connections: '60',
  shared_buffers: '64MB',
};

type Server = Connection & { readonly url: string };

export type Replicated = AsyncDisposable & { readonly primary: Server; readonly replica: Server };

/** Two servers of PostgreSQL: a migrated one, and a streaming replica of it. */
export async function startReplicated(): Promise<Replicated> {
  const opened = new AsyncDisposableStack();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'export-replica-'));
    opened.defer(() => rm(folder, { recursive: true, force: true }));
    const [home, copy] = [join(folder, 'primary'), join(folder, 'replica')];
    await (await openEmbeddedDatabase(home, { settings })).close();
    await run('cp', ['-a', home, copy]);
    // An empty file of the same owner.
    const signal = ['--attributes-only', '--preserve=all', 'PG_VERSION', 'standby.signal'];
    await run('cp', signal, { cwd: join(copy, 'postgres') });
    const primary = await openServer(home, settings, opened);
    await prepareDatabase(primary.url);
    const { port, username, password } = new URL(primary.url);
    const replica = await openServer(
      copy,
      {
        ...settings,
        primary_conninfo: `host=127.0.0.1 port=${port} user=${username} password=${password}`,
        hot_standby_feedback: 'on',
      },
      opened,
    );
    return { primary, replica, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** Lets a replica end whoever is in the way of what it replays: at once, or with patience (as at the start). */
export async function giveWay({ db }: Connection, delay: '0' | '30s'): Promise<void> {
  await db.execute(sql.raw(`alter system set max_standby_streaming_delay = '${delay}'`));
  await db.execute(sql`select pg_reload_conf()`);
  await eventually(async () => {
    const [row] = await db.execute(sql`select current_setting('max_standby_streaming_delay') as delay`);
    expect(row?.['delay']).toBe(delay);
  });
}

async function openServer(
  dataDir: string,
  settings: Readonly<Record<string, string>>,
  opened: AsyncDisposableStack,
): Promise<Server> {
  const { url, close } = await openEmbeddedDatabase(dataDir, { settings });
  opened.defer(close);
  const connection = connect(url);
  opened.defer(connection.close);
  return { ...connection, url };
}
