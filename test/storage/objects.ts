import { randomBytes, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { OpenObject, Storage } from '../../src/storage/storage.ts';

/** A key that no other test uses. */
export function newKey(ending = '1.jsonl'): string {
  return `exports/${randomUUID()}/${ending}`;
}

/** Bytes that repeat nowhere, so that a piece in the wrong place shows. */
export function someBytes(size: number): Buffer {
  return randomBytes(size);
}

/** Hands out `bytes` in chunks of `chunkBytes`, then ends, or throws `error`. */
export async function* inChunks(bytes: Uint8Array, chunkBytes = 1024 * 1024, error?: Error) {
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  if (error) throw error;
}

/** Never aborted. */
export function noSignal(): AbortSignal {
  return new AbortController().signal;
}

/** Writes and returns the key. */
export async function put(storage: Storage, bytes: Uint8Array, key = newKey()): Promise<string> {
  await storage.write(key, inChunks(bytes), noSignal());
  return key;
}

/** All bytes of what was opened. */
export async function read(opened: OpenObject | null): Promise<Buffer> {
  if (!opened) throw new Error('There is no such object.');
  return buffer(opened.stream);
}

/** What a sweep would find: objects seen from outside, and what was left unfinished. The latter is gone then. */
export async function leftovers(storage: Storage) {
  const objects = await Array.fromAsync(storage.list());
  const unfinished = await storage.removeUnfinished(new Date(Date.now() + 60_000));
  return { keys: objects.map((object) => object.key), unfinished };
}
