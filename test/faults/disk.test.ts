import { execFile } from 'node:child_process';
import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { useDatabase } from '../support/postgres.ts';
import { findFaults } from './invariants.ts';
import { openWorld, startExport } from './world.ts';

// Processes start and fail here; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const database = useDatabase();
const run = promisify(execFile);

/** How often the disk is filled; more than the suite's few for a long run. */
const ROUNDS = Number(process.env['DISK_ROUNDS'] ?? 2);
const small = { filter: { brand: 'other', posCodes: ['P1'] } };

test('a file system of 4 MB that is full ends the export with STORAGE_FULL, is empty again, and takes the next one', async ({
  skip,
}) => {
  const world = await openWorld(database);
  onTestFinished(() => world.close());
  const disk = join(world.folder, 'files');
  await mkdir(disk);
  // Takes the right to mount: a container's root often has not got it.
  const refused = await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]).catch(String);
  skip(typeof refused === 'string', 'no file system can be mounted here');
  onTestFinished(async () => {
    await run('umount', ['--lazy', disk]);
  });
  const url = await world.start().ready;
  const free = async () => (await statfs(disk)).bavail;

  for (let round = 1; round <= ROUNDS; round++) {
    const before = await free();
    const task = await world.finished(await startExport(url), 10_000);
    expect(task).toMatchObject({ status: 'FAILED', attempt: 1, failure: { code: 'STORAGE_FULL' } });
    await eventually(async () => expect(await free()).toBe(before));
    expect(await findFaults(world)).toEqual([]);
    expect(await world.finished(await startExport(url, small))).toMatchObject({ status: 'COMPLETED' });
    expect(await findFaults(world)).toEqual([]);
  }
});
