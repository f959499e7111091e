import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedDatabase } from '../../../src/db/embedded.ts';

export type Cluster = {
  readonly url: () => string;
  /** Told the new URL after every crash. */
  readonly onRestart: (tell: (url: string) => void) => void;
  /** Ends PostgreSQL as a power cut does, and starts it again after a while. */
  readonly crash: (downMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** A PostgreSQL of the run's own. */
export async function openCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'export-rounds-'));
  // A crash is one of the processes, not of the machine: nothing waits for the disk.
  const settings = { max_connections: '200', fsync: 'off', full_page_writes: 'off', shared_buffers: '64MB' };
  let server = await openEmbeddedDatabase(folder, { settings });
  let tell = (_url: string) => {};
  return {
    url: () => server.url,
    onRestart: (listener) => {
      tell = listener;
    },
    crash: async (downMs) => {
      const [pid] = (await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, downMs));
      const crashed = server;
      server = await openEmbeddedDatabase(folder, { settings });
      await crashed.close();
      tell(server.url);
    },
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
