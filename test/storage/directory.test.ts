import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDirectory } from '../../src/storage/directory.ts';
import { describeStorage } from './contract.ts';
import { inChunks, leftovers, newKey, noSignal, put, read, someBytes } from './objects.ts';

const child = join(import.meta.dirname, '../support/storage-child.ts');
let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A folder that is not there yet. */
function newRoot(): string {
  return join(folder, 'deep', `${++count}`);
}

/** Every file and folder below, by its path from there. */
async function treeOf(root: string): Promise<string[]> {
  return (await readdir(root, { recursive: true })).toSorted();
}

describeStorage('a folder', async () => openDirectory(newRoot()), 8_000_000);

describe('a folder of files', () => {
  test('is for its own user alone', async () => {
    const root = newRoot();
    const key = await put(openDirectory(root), someBytes(10));
    const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    expect(await mode(join(root, key))).toBe('600');
    for (const path of [root, join(root, 'exports'), dirname(join(root, key))]) {
      expect(await mode(path)).toBe('700');
    }
  });

  test('holds a part of an object beside its place, for its own user alone, and only for so long', async () => {
    const root = newRoot();
    const [storage, key] = [openDirectory(root), newKey()];
    const seen: string[][] = [];
    async function* watched() {
      yield someBytes(3_000_000);
      const files = await readdir(dirname(join(root, key)));
      const [part = ''] = files;
      seen.push(files);
      expect((await stat(join(dirname(join(root, key)), part))).mode & 0o777).toBe(0o600);
      yield someBytes(10);
    }
    await storage.write(key, watched(), noSignal());
    expect(seen).toEqual([[expect.stringMatching(/^\.1\.jsonl\..+\.part$/)]]);
    expect(await treeOf(root)).toEqual(['exports', dirname(key), key]);
  });

  test('keeps no empty folders of tasks', async () => {
    const root = newRoot();
    const storage = openDirectory(root);
    await storage.remove(await put(storage, someBytes(10)));
    const broken = inChunks(someBytes(10), 10, new Error('the source broke'));
    await expect(storage.write(newKey(), broken, noSignal())).rejects.toThrow('the source broke');
    expect(await treeOf(root)).toEqual(['exports']);
  });

  test('gains a task’s next object while its last one is removed', async () => {
    const storage = openDirectory(newRoot());
    const first = newKey();
    for (let round = 1; round <= 30; round++) {
      const [old, next] = [`${round}.jsonl`, `${round + 1}.jsonl`].map((name) =>
        first.replace('1.jsonl', name),
      );
      await Promise.all([storage.remove(old ?? ''), put(storage, someBytes(10), next)]);
    }
    expect((await leftovers(storage)).keys).toEqual([first.replace('1.jsonl', '31.jsonl')]);
  });

  test('shows one of two objects that are written under one key, whole', async () => {
    const storage = openDirectory(newRoot());
    const [key, one, other] = [newKey(), someBytes(2_000_000), someBytes(2_000_000)];
    await Promise.all([put(storage, one, key), put(storage, other, key)]);
    const shown = await read(await storage.open(key));
    expect(shown.equals(one) || shown.equals(other)).toBe(true);
    expect(await leftovers(storage)).toEqual({ keys: [key], unfinished: 0 });
  });

  test('lets a reader finish an object that is removed meanwhile', async () => {
    const storage = openDirectory(newRoot());
    const bytes = someBytes(3_000_000);
    const key = await put(storage, bytes);
    const opened = await storage.open(key);
    await storage.remove(key);
    expect((await read(opened)).equals(bytes)).toBe(true);
  });

  test('gives an error, not a short end, when a file loses its end while it is read', async () => {
    const root = newRoot();
    const storage = openDirectory(root);
    const key = await put(storage, someBytes(3_000_000));
    const opened = await storage.open(key);
    await truncate(join(root, key), 1_000_000);
    await expect(read(opened)).rejects.toMatchObject({ name: 'StorageError', code: 'STORAGE_UNAVAILABLE' });
  });

  test('passes over files that are not ours, and leaves them alone', async () => {
    const root = newRoot();
    const storage = openDirectory(root);
    const key = await put(storage, someBytes(10));
    const foreign = ['exports/notes.txt', 'README', `${dirname(key)}/notes.part`, `${dirname(key)}/.hidden`];
    for (const name of foreign) await writeFile(join(root, name), '');
    await mkdir(join(root, 'exports', 'notes'));
    await writeFile(join(root, 'exports', 'notes', '1.jsonl'), '');
    expect(await leftovers(storage)).toEqual({ keys: [key], unfinished: 0 });
    const names = ['exports', 'exports/notes', 'exports/notes/1.jsonl', dirname(key), key, ...foreign];
    expect(await treeOf(root)).toEqual(names.toSorted());
  });

  test('closes every file that it opens', async () => {
    const storage = openDirectory(newRoot());
    const openFiles = async () => (await readdir('/proc/self/fd')).length;
    const before = await openFiles();
    for (let round = 0; round < 100; round++) {
      const key = await put(storage, someBytes(1000));
      await read(await storage.open(key));
      await expect(storage.open(key, { start: 9, end: 1000 })).rejects.toThrow(RangeError);
      const opened = await storage.open(key);
      await new Promise((resolve) => opened?.stream.once('close', resolve).destroy());
      const broken = inChunks(someBytes(10), 10, new Error('the source broke'));
      await expect(storage.write(newKey(), broken, noSignal())).rejects.toThrow('the source broke');
      await storage.remove(key);
    }
    expect(await openFiles()).toBeLessThan(before + 20);
  });

  test('is unusable for good where a file is in its place', async () => {
    const root = newRoot();
    await mkdir(dirname(root), { recursive: true });
    await using _file = await open(root, 'w');
    const storage = openDirectory(root);
    const fault = { name: 'StorageError', code: 'STORAGE_UNAVAILABLE', retryable: false };
    await expect(storage.check()).rejects.toMatchObject(fault);
    await expect(put(storage, someBytes(10))).rejects.toMatchObject(fault);
  });
});

describe('a writer', () => {
  test('that is killed leaves nothing to be seen, and only what a sweep finds', async () => {
    const root = newRoot();
    const writer = spawn(process.execPath, [child, root, '20000000', 'stall']);
    for await (const line of writer.stdout) if (`${line}`.includes('waiting')) break;
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    const storage = openDirectory(root);
    expect(await Array.fromAsync(storage.list())).toEqual([]);
    expect(await treeOf(root)).toHaveLength(3);
    expect(await storage.removeUnfinished(new Date(Date.now() - 60_000))).toBe(0);
    expect(await storage.removeUnfinished(new Date(Date.now() + 60_000))).toBe(1);
    expect(await storage.removeUnfinished(new Date(Date.now() + 60_000))).toBe(0);
    expect(await treeOf(root)).toEqual(['exports']);
  });

  test('that meets the limit on the size of files leaves nothing, and goes on with smaller ones', async () => {
    const root = newRoot();
    // `ulimit -f` counts blocks of 512 bytes or of 1 KiB: 4 MiB at most.
    const outcomes = await run('sh', [
      '-c',
      'ulimit -f 4096 && exec "$@"',
      'sh',
      process.execPath,
      child,
      root,
      '9000000',
    ]);
    expect(outcomes).toEqual([{ code: 'STORAGE_FULL', retryable: false }, { size: 1000 }]);
    expect(await leftovers(openDirectory(root))).toMatchObject({ keys: { length: 1 }, unfinished: 0 });
  });
});

/** Mounts in a namespace of its own, so that nothing outlives the command. Not every machine lets us. */
const mount = ['unshare', '--map-root-user', '--mount', 'sh', '-c'];
const mounts = spawnSync(mount[0] ?? '', [...mount.slice(1), 'mount -t tmpfs none /mnt']).status === 0;

describe.runIf(mounts)('a writer on a disk', () => {
  // Not a whole number of writes: the last one that fits is taken in part.
  const onDisk = (disk: string, after: string, ...arguments_: string[]) =>
    run(mount[0] ?? '', [
      ...mount.slice(1),
      `mount -t tmpfs -o size=4100k none "$1" && shift && "$@" && ${after}`,
      'sh',
      disk,
      process.execPath,
      child,
      ...arguments_,
    ]);

  test.each([4_500_000, 5_000_000, 60_000_000])(
    'that %i bytes do not fit on leaves nothing, and goes on with smaller ones',
    async (size) => {
      const disk = newRoot();
      await mkdir(disk, { recursive: true });
      const left = `find "${disk}" -type f | wc -l`;
      const outcomes = await onDisk(disk, left, join(disk, 'files'), `${size}`);
      expect(outcomes).toEqual([{ code: 'STORAGE_FULL', retryable: false }, { size: 1000 }, 1]);
    },
  );

  test('that may not be written is unavailable until somebody sees to it', async () => {
    const disk = newRoot();
    await mkdir(disk, { recursive: true });
    const fault = { code: 'STORAGE_UNAVAILABLE', retryable: false };
    const remount = `mount -o remount,ro "${disk}" && exec "$0" "$@"`;
    const outcomes = await run(mount[0] ?? '', [
      ...mount.slice(1),
      `mount -t tmpfs -o size=4m none "${disk}" && ${remount}`,
      process.execPath,
      child,
      join(disk, 'files'),
      '1000',
    ]);
    expect(outcomes).toEqual([fault, fault]);
  });
});

/** Runs a command that prints a JSON value a line. */
async function run(command: string, arguments_: string[]): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)(command, arguments_);
  return stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}
