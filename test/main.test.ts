import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
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

test('a port that another program listens on ends the start with 2 and a sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? `${address?.port}` : '';
  const server = startServer({
    env: { DATABASE_URL: database.url, DATA_DIR: folder, ROLES: 'gateway', PORT: port },
  });
  expect(await server.ended).toBe(2);
  expect(server.output()).toContain(
    `HOST and PORT: listen EADDRINUSE: address already in use 127.0.0.1:${port}.`,
  );
  expect(server.output()).not.toMatch(/^\s+at /m);
  other.close();
});
