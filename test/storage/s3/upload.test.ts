import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { S3Location } from '../../../src/storage/location.ts';
import { openS3 } from '../../../src/storage/s3.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type Fault,
  type FaultProxy,
  type Seen,
  s3Error,
  startFaultProxy,
} from '../../support/fault-proxy.ts';
import { type S3Server, startS3Server } from '../../support/s3-server.ts';
import { inChunks, leftovers, newKey, noSignal, put, read, someBytes } from '../objects.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'secret' };
const tuning = { partBytes: 5 * 1024 * 1024, attempts: 3 };
/** For those who meet silence; others would call a busy machine silent. */
const impatient = { ...tuning, idleTimeoutMs: 1_500 };
/** Two parts and a bit. */
const large = someBytes(10_500_000);
const small = someBytes(10_000);
const unavailable = { name: 'StorageError', code: 'STORAGE_UNAVAILABLE', retryable: true };

let server: S3Server;
let proxy: FaultProxy;
/** Through the faults. */
let storage: Storage;
let impatientStorage: Storage;
/** The truth. */
let direct: Storage;
let runs = 0;

beforeAll(async () => {
  server = await startS3Server('exports');
  proxy = await startFaultProxy(server.url);
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});
beforeEach(async () => {
  const at = { kind: 's3', bucket: 'exports', prefix: `run/${++runs}`, region: 'eu-west-3' } as const;
  const location = (endpoint: string): S3Location => ({ ...at, endpoint });
  storage = await openS3(location(proxy.url), credentials, tuning);
  impatientStorage = await openS3(location(proxy.url), credentials, impatient);
  direct = await openS3(location(server.url), credentials, tuning);
  proxy.decide = () => null;
  proxy.seen.length = 0;
});
afterEach(async () => {
  await storage.close();
  await impatientStorage.close();
  await direct.close();
});

/** What a request of an upload is for. */
function purpose({ method, query }: Seen): string {
  if (query.has('uploads')) return method === 'POST' ? 'begin' : 'list';
  if (query.has('uploadId')) return { PUT: 'part', POST: 'complete', DELETE: 'abort' }[method] ?? '';
  return { PUT: 'put', HEAD: 'look', DELETE: 'remove', GET: 'read' }[method] ?? '';
}

/** This fault for the first `times` requests of a purpose. */
function on(what: string, fault: Fault, times = Number.POSITIVE_INFINITY): (request: Seen) => Fault | null {
  let left = times;
  return (request) => (purpose(request) === what && left-- > 0 ? fault : null);
}

async function expectWhole(key: string, bytes: Buffer): Promise<void> {
  expect((await read(await direct.open(key))).equals(bytes)).toBe(true);
  expect(await leftovers(direct)).toEqual({ keys: [key], unfinished: 0 });
}

describe('an upload', () => {
  test('sends a small object in one request and a large one in parts, and looks at it afterwards', async () => {
    await put(storage, small);
    expect(proxy.seen.map(purpose)).toEqual(['put', 'look']);
    proxy.seen.length = 0;
    await put(storage, large);
    expect(proxy.seen.map(purpose)).toEqual(['begin', 'part', 'part', 'part', 'complete', 'look']);
  });

  test.each<[string, Fault]>([
    ['500', { kind: 'answer', status: 500, body: s3Error('InternalError') }],
    ['503', { kind: 'answer', status: 503, body: s3Error('SlowDown') }],
    ['503 after it was stored', { kind: 'answer-after', status: 503, body: s3Error('SlowDown') }],
    ['a broken connection', { kind: 'cut-request', afterBytes: 1_000_000 }],
  ])('gets over %s for a part', async (_what, fault) => {
    proxy.decide = on('part', fault, 1);
    await expectWhole(await put(storage, large), large);
  });

  test('gets over silence for a part', async () => {
    proxy.decide = on('part', { kind: 'silence' }, 1);
    await expectWhole(await put(impatientStorage, large), large);
  });

  test.each<[string, Fault]>([
    ['500', { kind: 'answer-after', status: 500, body: s3Error('InternalError') }],
    ['200 and then an error', { kind: 'answer-after', status: 200, body: s3Error('InternalError') }],
    ['half an answer', { kind: 'cut-answer', afterBytes: 50 }],
    ['nothing', { kind: 'cut-answer', afterBytes: 0 }],
  ])('is done when the server completes it and then says %s', async (_what, fault) => {
    proxy.decide = on('complete', fault);
    await expectWhole(await put(storage, large), large);
  });

  test.each<[string, Fault]>([
    ['500', { kind: 'answer', status: 500, body: s3Error('InternalError') }],
    ['200 and then an error', { kind: 'answer', status: 200, body: s3Error('InternalError') }],
    ['200 as if it had', { kind: 'answer', status: 200, body: '<CompleteMultipartUploadResult/>' }],
  ])('has failed when the server does not complete it and says %s', async (_what, fault) => {
    proxy.decide = on('complete', fault);
    await expect(put(storage, large)).rejects.toMatchObject(unavailable);
    expect(await leftovers(direct)).toEqual({ keys: [], unfinished: 0 });
  });

  test.each<[string, string, Buffer, Fault]>([
    ['a byte of a part changed', 'part', large, { kind: 'change-request', place: 4_321 }],
    ['the end of a part got lost', 'part', large, { kind: 'shorten-request', byBytes: 1 }],
    ['a byte of a small object changed', 'put', small, { kind: 'change-request', place: 4_321 }],
    ['the end of a small object got lost', 'put', small, { kind: 'shorten-request', byBytes: 1 }],
  ])('has failed when %s on the way', async (_what, request, bytes, fault) => {
    proxy.decide = on(request, fault, 1);
    await expect(put(storage, bytes)).rejects.toMatchObject(unavailable);
    expect(await leftovers(direct)).toEqual({ keys: [], unfinished: 0 });
  });

  test.each<[string, Buffer]>([
    ['small', small],
    ['large', large],
  ])('of a %s object fails while the server is down, and leaves nothing', async (_size, bytes) => {
    proxy.decide = () => ({ kind: 'answer', status: 503, body: s3Error('SlowDown') });
    await expect(put(storage, bytes)).rejects.toMatchObject(unavailable);
    expect(await leftovers(direct)).toEqual({ keys: [], unfinished: 0 });
  });

  test('leaves to the sweep what it could not remove itself', async () => {
    const down: Fault = { kind: 'answer', status: 503, body: s3Error('SlowDown') };
    let parts = 0;
    proxy.decide = (request) =>
      purpose(request) === 'part' && parts++ === 0 ? null : purpose(request) === 'begin' ? null : down;
    await expect(put(storage, large)).rejects.toMatchObject(unavailable);
    expect(await leftovers(direct)).toEqual({ keys: [], unfinished: 1 });
    expect(await leftovers(direct)).toEqual({ keys: [], unfinished: 0 });
  });

  test('stops asking its source soon after a part was refused', async () => {
    proxy.decide = on('part', { kind: 'answer', status: 403, body: s3Error('AccessDenied') });
    let chunks = 0;
    async function* endless() {
      for (;;) {
        chunks += 1;
        yield large.subarray(0, 1024 * 1024);
      }
    }
    const refused = { ...unavailable, retryable: false };
    await expect(storage.write(newKey(), endless(), noSignal())).rejects.toMatchObject(refused);
    expect(chunks).toBeLessThan(40);
  });

  test('ends at once when aborted while the server is silent', async () => {
    proxy.decide = on('part', { kind: 'silence' });
    const abort = new AbortController();
    const reason = new Error('no longer wanted');
    const writing = storage.write(newKey(), inChunks(large), abort.signal);
    await eventually(() => expect(proxy.seen.some((request) => purpose(request) === 'part')).toBe(true));
    abort.abort(reason);
    await expect(writing).rejects.toBe(reason);
    expect(await leftovers(direct)).toEqual({ keys: [], unfinished: 0 });
  });

  describe('to a server whose ETags are no MD5', () => {
    const own: Fault = { kind: 'change-headers', headers: { etag: '"of-my-own"' } };
    const kms: Fault = {
      kind: 'change-headers',
      headers: { etag: '"of-my-own"', 'x-amz-server-side-encryption': 'aws:kms' },
    };

    test('reads the object again, and is done when it is the same', async () => {
      proxy.decide = on('look', own);
      await expectWhole(await put(storage, large), large);
      expect(proxy.seen.map(purpose)).toContain('read');
    });

    test('has failed when the object read again is another', async () => {
      const change = on('part', { kind: 'change-request', place: 4_321 }, 1);
      proxy.decide = (request) => change(request) ?? on('look', own)(request);
      await expect(put(storage, large)).rejects.toMatchObject(unavailable);
      expect(await leftovers(direct)).toEqual({ keys: [], unfinished: 0 });
    });

    test('trusts the CRC-32 where a KMS key is in use', async () => {
      proxy.decide = on('look', kms);
      await put(storage, large);
      expect(proxy.seen.map(purpose)).not.toContain('read');
    });
  });
});
