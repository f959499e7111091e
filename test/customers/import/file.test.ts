import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openImportFile, UnreadableFile } from '../../../src/customers/import/file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-file-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function read(path: string): Promise<Buffer> {
  await using file = await openImportFile(path);
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.chunks) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const text = Buffer.from('{"boosterCustomerId":1}\n'.repeat(50_000));
const [gzip, zstd] = [gzipSync(text), zstdCompressSync(text)];

test('a file comes as it is, or decompressed when its name says so', async () => {
  expect(await read(await write('a.jsonl', text))).toEqual(text);
  expect(await read(await write('a.jsonl.gz', gzip))).toEqual(text);
  expect(await read(await write('A.JSONL.ZST', zstd))).toEqual(text);
  expect(await read(await write('two.gz', Buffer.concat([gzip, gzip])))).toEqual(Buffer.concat([text, text]));
  expect(await read(await write('empty', Buffer.alloc(0)))).toHaveLength(0);
});

test('how far it is counts in bytes of the file', async () => {
  await using file = await openImportFile(await write('b.gz', gzip));
  expect([file.size, file.bytesRead()]).toEqual([gzip.length, 0]);
  for await (const _ of file.chunks);
  expect(file.bytesRead()).toBe(gzip.length);
});

test.each([
  ['cut.gz', gzip.subarray(0, -9), 'It ends in the middle of its compressed data.'],
  ['cut.zst', zstd.subarray(0, -9), 'It ends in the middle of its compressed data.'],
  ['not.gz', text, 'It is not compressed as its name says, or damaged.'],
  ['not.zst', text, 'It is not compressed as its name says, or damaged.'],
  ['two.zst', Buffer.concat([zstd, zstd]), 'It has several compressed parts: decompress it first.'],
])('a compressed file that would be read in part is refused: %s', async (name, content, reason) => {
  await expect(read(await write(name, content))).rejects.toThrow(new UnreadableFile(reason));
});

test('what is no file is refused at once', async () => {
  await expect(openImportFile(join(folder, 'none'))).rejects.toThrow(
    new UnreadableFile('There is no such file.'),
  );
  await expect(openImportFile(folder)).rejects.toThrow(new UnreadableFile('It is a directory.'));
});
