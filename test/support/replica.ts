import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { prepareDatabase } from '../../src/customers/stored-lines.ts';
import { type Connection, connect } from '../../src/db/client.ts';
import { openEmbeddedDatabase } from '../../src/db/embedded.ts';

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

/** Two servers of PostgreSQL: a migrated one, and a streaming replica of it that gives way to replay at once. */
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
        max_standby_streaming_delay: '0',
      },
      opened,
    );
    return { primary, replica, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
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
