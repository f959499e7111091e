/**
 * Writes into a folder from a process of its own, which may live under other limits or be killed.
 * `node storage-child.ts FOLDER BYTES [stall]` writes an object of that size and prints its outcome as a line of JSON;
 * then a small object in the same way. With `stall`, the first write prints `waiting` before its end, and waits.
 */
import { randomUUID } from 'node:crypto';
import { openDirectory } from '../../src/storage/directory.ts';
import { StorageError } from '../../src/storage/storage.ts';

const [folder = '', bytes = '0', stall] = process.argv.slice(2);
const storage = openDirectory(folder);

async function* source(size: number, wait: boolean) {
  const chunk = Buffer.alloc(256 * 1024, 'x');
  for (let left = size; left > 0; left -= chunk.byteLength) yield chunk.subarray(0, left);
  if (!wait) return;
  process.stdout.write('waiting\n');
  await new Promise((resolve) => process.stdin.once('end', resolve).resume());
}

async function outcome(size: number): Promise<object> {
  const key = `exports/${randomUUID()}/1.jsonl`;
  try {
    return await storage.write(key, source(size, stall === 'stall'), new AbortController().signal);
  } catch (error) {
    if (error instanceof StorageError) return { code: error.code, retryable: error.retryable };
    return { unexpected: String(error) };
  }
}

for (const size of [Number(bytes), 1000]) process.stdout.write(`${JSON.stringify(await outcome(size))}\n`);
