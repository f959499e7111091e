import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { S3Location } from '../../src/storage/location.ts';
import { openS3 } from '../../src/storage/s3.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, s3Error, startFaultProxy } from '../support/fault-proxy.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { describeStorage } from './contract.ts';
import { leftovers, newKey, put, read, someBytes } from './objects.ts';

const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
const tuning = { partBytes: 5 * 1024 * 1024, attempts: 2 };

let server: S3Server;
let proxy: FaultProxy;
let direct: S3Client;
let runs = 0;
beforeAll(async () => {
  server = await startS3Server('exports');
  proxy = await startFaultProxy(server.url);
  direct = new S3Client({ region: 'eu-west-3', endpoint: server.url, forcePathStyle: true, credentials });
});
afterAll(async () => {
  direct.destroy();
  await proxy.close();
  await server.close();
});

function location(endpoint: string, more: Partial<S3Location> = {}): S3Location {
  return { kind: 's3', bucket: 'exports', prefix: `run/${++runs}`, endpoint, region: 'eu-west-3', ...more };
}

describeStorage('a bucket', () => openS3(location(server.url), credentials, tuning), 6_000_000);
describe('a bucket, seen from the wire,', () => {
  const opened: Storage[] = [];
  beforeEach(() => {
    proxy.decide = () => null;
    proxy.seen.length = 0;
  });
  afterEach(async () => {
    for (const storage of opened.splice(0)) await storage.close();
  });
  const open = async (more: Partial<S3Location> = {}) => {
    const storage = await openS3(location(proxy.url, more), credentials, tuning);
    opened.push(storage);
    return storage;
  };

  test('is asked by the path, under the prefix, with the credentials given', async () => {
    const key = await put(await open({ prefix: 'a b/ü' }), someBytes(10));
    const [request] = proxy.seen;
    expect(decodeURIComponent(request?.path ?? '')).toBe(`/exports/a b/ü/${key}`);
    expect(request?.headers.authorization).toMatch(/Credential=test-key\/\d+\/eu-west-3\/s3\//);
  });

  test('needs no prefix', async () => {
    await direct.send(new CreateBucketCommand({ Bucket: 'of-its-own' }));
    const storage = await open({ bucket: 'of-its-own', prefix: '' });
    const key = await put(storage, someBytes(10));
    expect(proxy.seen[0]?.path).toBe(`/of-its-own/${key}`);
    expect(await leftovers(storage)).toEqual({ keys: [key], unfinished: 0 });
  });

  test.each([
    ['eu-south-1', 'eu-south-1'],
    ['', 'us-east-1'],
  ])('is asked as the AWS variables say when nothing else is given: region %j', async (region, used) => {
    vi.stubEnv('AWS_REGION', region || undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key-of-variables');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-variables');
    try {
      const storage = await openS3(location(proxy.url, { region: null }), undefined, tuning);
      opened.push(storage);
      await storage.check();
    } finally {
      vi.unstubAllEnvs();
    }
    const credential = new RegExp(`Credential=key-of-variables/\\d+/${used}/s3/`);
    expect(proxy.seen[0]?.headers.authorization).toMatch(credential);
  });

  test.each([
    ['as the bucket is set up', null, undefined, undefined],
    ['with AES256', { algorithm: 'AES256' }, 'AES256', undefined],
    ['with the KMS key of S3', { algorithm: 'aws:kms', kmsKeyId: null }, 'aws:kms', undefined],
    ['with a KMS key', { algorithm: 'aws:kms', kmsKeyId: 'key-1' }, 'aws:kms', 'key-1'],
  ] as const)('is told to encrypt %s, whatever the object’s size', async (_how, encryption, sse, keyId) => {
    const storage = await open({ encryption });
    await put(storage, someBytes(10));
    await put(storage, someBytes(6_000_000));
    const creating = proxy.seen.filter(
      ({ method, query }) =>
        (method === 'PUT' && !query.has('uploadId')) || (method === 'POST' && query.has('uploads')),
    );
    const told = creating.map(({ headers }) => [
      headers['x-amz-server-side-encryption'],
      headers['x-amz-server-side-encryption-aws-kms-key-id'],
    ]);
    expect(told).toEqual([
      [sse, keyId],
      [sse, keyId],
    ]);
  });

  test('gives no URL of its own unless downloads are to be redirected', async () => {
    const as = { fileName: 'a.jsonl', contentType: 'text/jsonl; charset=utf-8', expiresInSeconds: 60 };
    const [proxied, asked] = [await open(), await open({ download: 'proxy' })];
    expect(await proxied.downloadUrl(newKey(), as)).toBeNull();
    expect(await asked.downloadUrl(newKey(), as)).toBeNull();
  });

  test('gives a URL that opens the object for anybody for a while, under the name we want', async () => {
    const storage = await open({ download: 'redirect' });
    const bytes = someBytes(1000);
    const key = await put(storage, bytes);
    const as = { fileName: 'a.jsonl', contentType: 'text/jsonl; charset=utf-8', expiresInSeconds: 90 };
    const url = new URL((await storage.downloadUrl(key, as)) ?? '');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      'X-Amz-Expires': '90',
      'X-Amz-SignedHeaders': 'host',
      'response-content-disposition': 'attachment; filename="a.jsonl"',
      'response-content-type': 'text/jsonl; charset=utf-8',
      'response-cache-control': 'private, no-store',
    });
    const answer = await fetch(url);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test('is listed to its end, page after page', async () => {
    const where = location(server.url);
    const storage = await openS3(where, credentials);
    opened.push(storage);
    const keys = Array.from({ length: 1001 }, () => newKey());
    await Promise.all(
      keys.map((key) =>
        direct.send(new PutObjectCommand({ Bucket: 'exports', Key: `${where.prefix}/${key}`, Body: 'x' })),
      ),
    );
    const listed = await Array.fromAsync(storage.list(), ({ key }) => key);
    expect(listed.toSorted()).toEqual(keys.toSorted());
  });

  test('keeps what is not ours: other prefixes, and keys of another shape', async () => {
    const storage = await open({ prefix: 'ours' });
    const foreign = ['ours/exports/notes.txt', `ours2/${newKey()}`, newKey(), `ours/x/${newKey()}`];
    for (const Key of foreign) {
      await direct.send(new PutObjectCommand({ Bucket: 'exports', Key, Body: 'x' }));
      await direct.send(new CreateMultipartUploadCommand({ Bucket: 'exports', Key }));
    }
    for (let upload = 0; upload < 5; upload++) {
      const Key = `ours/${newKey()}`;
      await direct.send(new CreateMultipartUploadCommand({ Bucket: 'exports', Key }));
    }
    expect(await leftovers(storage)).toEqual({ keys: [], unfinished: 5 });
    expect(await leftovers(storage)).toEqual({ keys: [], unfinished: 0 });
  });

  test('cuts a reader off with an error when the connection breaks, never with a short end', async () => {
    const storage = await open();
    const key = await put(storage, someBytes(1_000_000));
    proxy.decide = () => ({ kind: 'cut-answer', afterBytes: 300_000 });
    await expect(read(await storage.open(key))).rejects.toMatchObject({
      name: 'StorageError',
      code: 'STORAGE_UNAVAILABLE',
      retryable: true,
    });
  });

  test('keeps no connection for readers who left', async () => {
    const storage = await open();
    const key = await put(storage, someBytes(5_000_000));
    for (let reader = 0; reader < 20; reader++) (await storage.open(key))?.stream.destroy();
    await expect(storage.open(key, { start: 9, end: 5_000_000 })).rejects.toThrow(RangeError);
    await eventually(async () => expect(await proxy.connections()).toBeLessThan(5));
  });

  test('notices a byte that changed on its way to a reader of the whole object', async () => {
    const storage = await open();
    const key = await put(storage, someBytes(1_000_000));
    proxy.decide = () => ({ kind: 'change-answer', place: 4_321 });
    await expect(read(await storage.open(key))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });

  test.each([
    [403, 'AccessDenied', 'STORAGE_UNAVAILABLE', false],
    [403, 'InvalidAccessKeyId', 'STORAGE_UNAVAILABLE', false],
    [403, 'SignatureDoesNotMatch', 'STORAGE_UNAVAILABLE', false],
    [404, 'NoSuchBucket', 'STORAGE_UNAVAILABLE', false],
    [301, 'PermanentRedirect', 'STORAGE_UNAVAILABLE', false],
    [400, 'BadDigest', 'STORAGE_UNAVAILABLE', true],
    [400, 'RequestTimeout', 'STORAGE_UNAVAILABLE', true],
    [429, 'TooManyRequests', 'STORAGE_UNAVAILABLE', true],
    [500, 'InternalError', 'STORAGE_UNAVAILABLE', true],
    [503, 'SlowDown', 'STORAGE_UNAVAILABLE', true],
    [507, 'XMinioStorageFull', 'STORAGE_FULL', false],
    [403, 'QuotaExceeded', 'STORAGE_FULL', false],
  ])('that answers %i %s is %s, passing: %s', async (status, word, code, retryable) => {
    const storage = await open();
    proxy.decide = () => ({ kind: 'answer', status, body: s3Error(word) });
    const fault = { name: 'StorageError', code, retryable };
    await expect(put(storage, someBytes(10))).rejects.toMatchObject(fault);
    await expect(storage.open(newKey())).rejects.toMatchObject(fault);
    await expect(Array.fromAsync(storage.list())).rejects.toMatchObject(fault);
  });

  test('that does not exist is not usable', async () => {
    const storage = await open({ bucket: 'nowhere' });
    await expect(storage.check()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', retryable: false });
    await expect(put(storage, someBytes(10))).rejects.toMatchObject({ retryable: false });
  });

  test.each([
    ['nobody listens', 'http://127.0.0.1:9'],
    ['nobody answers', null],
  ])('where %s is unavailable for now', async (_why, endpoint) => {
    proxy.decide = () => ({ kind: 'silence' });
    const impatient = { ...tuning, idleTimeoutMs: 200 };
    const storage = await openS3(location(endpoint ?? proxy.url), credentials, impatient);
    opened.push(storage);
    const fault = { name: 'StorageError', code: 'STORAGE_UNAVAILABLE', retryable: true };
    await expect(storage.check()).rejects.toMatchObject(fault);
    await expect(put(storage, someBytes(10))).rejects.toMatchObject(fault);
  });
});
