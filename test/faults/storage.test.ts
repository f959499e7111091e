import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { query } from '../support/client.ts';
import { useDatabase } from '../support/postgres.ts';
import type { Server } from '../support/process.ts';
import { findFaults } from './invariants.ts';
import { openWorld, startExport, type World } from './world.ts';

// Processes start and fail here; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const database = useDatabase();
let world: World;
beforeAll(async () => {
  world = await openWorld(database);
});
afterAll(() => world.close());
afterEach(async () => {
  expect(await findFaults(world)).toEqual([]);
});

const small = { filter: { brand: 'other', posCodes: ['P1'] } };

describe.each([
  ['a full disk', { env: { FAULT_DISK_BYTES: '3000000' } }],
  ['a limit on the size of files', { env: {}, fileBlocks: 3_000 }],
])('%s', (_fault, { env, ...rest }) => {
  let server: Server;
  let url = '';
  beforeAll(async () => {
    server = world.start(env, rest);
    url = await server.ready;
  });
  afterAll(() => world.kill(server));

  test('ends the export with STORAGE_FULL at once, leaves no part of it, and harms no other', async () => {
    const [large, other] = await Promise.all([startExport(url), startExport(url, small)]);
    const task = await world.finished(large, 10_000);
    expect(task).toMatchObject({ status: 'FAILED', attempt: 1, failure: { code: 'STORAGE_FULL' } });
    expect(await world.finished(other)).toMatchObject({ status: 'COMPLETED' });
    const next = await startExport(url, small);
    expect(await world.finished(next)).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('a folder', () => {
  const folder = () => join(world.folder, 'files', 'exports');
  let server: Server;
  let url = '';
  beforeAll(async () => {
    server = world.start();
    url = await server.ready;
  });
  afterAll(() => world.kill(server));

  test('that cannot be written to ends the export with STORAGE_UNAVAILABLE, and the next one works again', async () => {
    await mkdir(folder(), { recursive: true });
    await rename(folder(), `${folder()}.away`);
    await writeFile(folder(), 'no folder');
    const task = await world.finished(await startExport(url, small), 15_000);
    expect(task).toMatchObject({
      status: 'FAILED',
      failure: { code: 'STORAGE_UNAVAILABLE', retryable: true },
    });
    await rm(folder());
    await rename(`${folder()}.away`, folder());
    expect(await world.finished(await startExport(url, small))).toMatchObject({ status: 'COMPLETED' });
  });

  test('that loses a file while it is downloaded: the reader gets all of it, the next one a 410', async () => {
    const id = await startExport(url);
    const done = await world.finished(id);
    const { body } = await query(
      url,
      '{ customerExports(first: 50) { nodes { asyncTaskId file { url } } } }',
    );
    const nodes: { asyncTaskId: string; file: { url: string } }[] = body.data?.['customerExports'].nodes;
    const fileUrl = nodes.find(({ asyncTaskId }) => asyncTaskId === id)?.file.url ?? '';
    const response = await fetch(fileUrl);
    const reader = response.body?.getReader();
    const hash = createHash('sha256');
    const first = await reader?.read();
    hash.update(first?.value ?? '');
    const deleted = await query(
      url,
      'mutation ($id: ID!) { deleteCustomerExport(asyncTaskId: $id) { customerExport { status } } }',
      { id },
    );
    expect(deleted.body.data?.['deleteCustomerExport'].customerExport.status).toBe('EXPIRED');
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
      hash.update(part.value);
    expect(hash.digest('hex')).toBe(done.fileSha256);
    expect((await fetch(fileUrl)).status).toBe(410);
  });
});
