import { access, constants, open, readdir, rm, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { untilAborted } from './chunks.ts';
import { codeOf, onDisk, orMissing } from './directory/errors.ts';
import { makeFolder, removeIfEmpty, syncFolder } from './directory/folders.ts';
import { beginPart, isPart, isPartOf, type Part } from './directory/part.ts';
import { readFrom } from './directory/read.ts';
import {
  isKey,
  type OpenObject,
  requireKey,
  requireRange,
  type Storage,
  StorageError,
  type StoredObject,
} from './storage.ts';

/**
 * Keeps objects as files below a folder of the local disk, or of one that is mounted. Files are for this user alone
 * (0600, folders 0700). Several processes may share the folder. It is made when the first object is written.
 */
export function openDirectory(path: string): Storage {
  const root = resolve(path);
  const pathOf = (key: string) => {
    requireKey(key);
    return join(root, key);
  };
  return {
    write: async (key, chunks, signal) => writeWhole(pathOf(key), chunks, signal),
    open: async (key, range) => {
      const file = await onDisk(() => orMissing(open(pathOf(key), 'r')));
      if (!file) return null;
      try {
        const { size } = await onDisk(() => file.stat());
        const { start, length } = requireRange(size, range);
        return { size, length, stream: readFrom(file, start, length) } satisfies OpenObject;
      } catch (error) {
        await file.close();
        throw error;
      }
    },
    head: (key) => onDisk(() => look(root, key)),
    remove: (key) => onDisk(() => removeFile(pathOf(key))),
    list: () => listObjects(root),
    removeUnfinished: async (before, key) => {
      if (key !== undefined) requireKey(key);
      return onDisk(() => removeParts(root, before, key));
    },
    downloadUrl: async (key) => {
      requireKey(key);
      return null;
    },
    check: () => onDisk(() => requireRoom(root)),
    close: async () => {},
  };
}

async function writeWhole(path: string, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal) {
  let part: Part | null = null;
  try {
    // The source is asked first: then it is closed in every case, and an empty-handed one leaves no trace.
    for await (const chunk of untilAborted(chunks, signal)) {
      part ??= await beginPart(path);
      await part.add(chunk);
    }
    part ??= await beginPart(path);
    signal.throwIfAborted();
    return { size: await part.finish() };
  } catch (error) {
    await part?.discard();
    throw error;
  }
}

async function look(root: string, key: string): Promise<StoredObject | null> {
  requireKey(key);
  const facts = await orMissing(stat(join(root, key)));
  return facts && { key, size: facts.size, modifiedAt: facts.mtime };
}

async function removeFile(path: string): Promise<void> {
  const folder = dirname(path);
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  // Removed for good, also after a power cut: these are personal data.
  const gone = await removeIfEmpty(folder);
  await orMissing(syncFolder(gone ? dirname(folder) : folder));
}

/** The folders of tasks that exist, as `exports/<uuid>`. */
async function taskFolders(root: string): Promise<string[]> {
  const entries = await onDisk(() => orMissing(readdir(join(root, 'exports'), { withFileTypes: true })));
  return (entries ?? []).filter((entry) => entry.isDirectory()).map((entry) => `exports/${entry.name}`);
}

async function* listObjects(root: string): AsyncGenerator<StoredObject> {
  for (const folder of await taskFolders(root)) {
    const names = await onDisk(() => orMissing(readdir(join(root, folder))));
    for (const key of (names ?? []).map((name) => `${folder}/${name}`).filter(isKey)) {
      const object = await onDisk(() => look(root, key));
      if (object) yield object;
    }
  }
}

async function removeParts(root: string, before: Date, key?: string): Promise<number> {
  let removed = 0;
  for (const folder of key === undefined ? await taskFolders(root) : [dirname(key)]) {
    const path = join(root, folder);
    const made = await orMissing(stat(path));
    const names = (await orMissing(readdir(path))) ?? [];
    const parts = names.filter((name) => (key === undefined ? isPart(name) : isPartOf(name, key)));
    for (const part of parts.map((name) => join(path, name))) {
      const facts = await orMissing(stat(part));
      if (!facts || facts.mtime >= before) continue;
      await rm(part, { force: true });
      removed += 1;
    }
    if (made && made.mtime < before) await removeIfEmpty(path);
  }
  return removed;
}

async function requireRoom(root: string): Promise<void> {
  await makeFolder(root);
  await access(root, constants.W_OK | constants.X_OK);
  const { bavail } = await statfs(root);
  if (bavail > 0) return;
  throw new StorageError('STORAGE_FULL', 'There is no room in the folder of files.', {
    cause: new Error('statfs says that no block is free'),
    retryable: false,
  });
}
