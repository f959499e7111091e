import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseStorageUrl } from '../../src/storage/location.ts';
import { openStorage } from '../../src/storage/open.ts';
import { startS3Server } from '../support/s3-server.ts';
import { put, read, someBytes } from './objects.ts';

/** Opens what a URL names, writes an object and reads it again. */
async function tryOut(url: string): Promise<string> {
  const location = parseStorageUrl(url);
  if (!location) throw new Error(`${url} names nothing.`);
  const storage = await openStorage(location, { accessKeyId: 'test', secretAccessKey: 'secret' });
  await storage.check();
  const bytes = someBytes(1000);
  const key = await put(storage, bytes);
  expect((await read(await storage.open(key))).equals(bytes)).toBe(true);
  await storage.close();
  return key;
}

test('the URL of a folder opens that folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'storage-test-'));
  try {
    const key = await tryOut(`file://${folder}/files`);
    expect((await stat(join(folder, 'files', key))).size).toBe(1000);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the URL of a bucket opens that bucket', async () => {
  const server = await startS3Server('exports');
  try {
    const key = await tryOut(`s3://exports/some/prefix?endpoint=${server.url}&region=eu-west-3`);
    const { status } = await fetch(`${server.url}/exports/some/prefix/${key}`);
    expect(status).toBe(200);
  } finally {
    await server.close();
  }
});

test('opening reaches for nothing, so that a server that is away does not keep us from starting', async () => {
  const location = parseStorageUrl('s3://exports?endpoint=http://127.0.0.1:9&region=eu-west-3');
  if (!location) throw new Error('That names nothing.');
  const storage = await openStorage(location, { accessKeyId: 'test', secretAccessKey: 'secret' });
  await storage.close();
});
