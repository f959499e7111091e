import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { prepareDatabase } from '../../src/customers/stored-lines.ts';
import { openEmbeddedDatabase } from '../../src/db/embedded.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The test server, without a database name: `postgresql://…:port/`. */
    postgresServer: string;
  }
}

/** Nothing here outlives the run, so nothing waits for the disk. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  shared_buffers: '256MB',
};

/** One real PostgreSQL for the whole run, with a migrated database that every test file clones. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'export-gateway-test-'));
  const server = await openEmbeddedDatabase(folder, { settings });
  const url = new URL('/', server.url).href;
  const sql = postgres(server.url, { max: 1 });
  await sql`create database template_migrated`;
  await sql.end();
  await prepareDatabase(`${url}template_migrated`);
  project.provide('postgresServer', url);
  return async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  };
}
