import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useDatabase } from './support/postgres.ts';
import { startServer } from './support/process.ts';

const database = useDatabase();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-main-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(['warn', 'silent'])(
  'a start tells where it listens, and that it is open, also when the log is %s',
  async (level) => {
    const env = { DATABASE_URL: database.url, DATA_DIR: folder, ROLES: 'gateway', LOG_LEVEL: level };
    const server = startServer({ env });
    const url = await server.ready;
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(server.log.map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', expect.stringMatching(/^OPEN: /)],
      ['info', `listening on ${url}`],
    ]);
  },
);
