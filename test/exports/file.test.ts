import { describe, expect, test } from 'vitest';
import {
  contentType,
  describeFile,
  fileKey,
  fileName,
  signFileUrl,
  verifyFileUrl,
} from '../../src/exports/file.ts';
import type { ExportTask } from '../../src/exports/task.ts';

const now = new Date('2026-01-02T03:04:05.678Z');
const seconds = (instant: Date) => Math.floor(instant.getTime() / 1000);
const id = '0a1b2c3d-0000-4000-8000-00000000abcd';

const task: ExportTask = {
  id,
  brand: 'cartier',
  requestedBy: 'ann',
  downloadRequestId: 'r1',
  fingerprint: '',
  filter: {},
  selection: '{ email }',
  compression: 'NONE',
  readScope: { brands: '*', posCodes: null },
  traceparent: null,
  status: 'COMPLETED',
  attempt: 2,
  returns: 0,
  version: 9,
  objectCount: 3,
  totalObjectCount: 3,
  progress: 100,
  objectsPerSecond: null,
  estimatedCompletionAt: null,
  createdAt: now,
  startedAt: now,
  completedAt: now,
  expiresAt: new Date(now.getTime() + 3_600_000),
  transactionTime: now,
  fileKey: `exports/${id}/2.jsonl`,
  fileSize: 30,
  uncompressedSize: 40,
  fileSha256: 'ab'.repeat(32),
  failure: null,
};

const deps = {
  publicUrl: 'https://exports.example',
  signingKeys: ['k'.repeat(32)],
  downloadUrlTtlSeconds: 900,
};

/** The query of a URL that `signFileUrl` made. */
function queryOf(url: string) {
  const { searchParams } = new URL(url);
  return { expires: searchParams.get('expires') ?? '', signature: searchParams.get('signature') ?? '' };
}

test.each([
  ['NONE', '.jsonl', 'text/jsonl; charset=utf-8'],
  ['GZIP', '.jsonl.gz', 'application/gzip'],
  ['ZSTD', '.jsonl.zst', 'application/zstd'],
] as const)('a %s file is named …%s and is %s', (compression, ending, type) => {
  expect(fileKey({ ...task, compression })).toBe(`exports/${id}/2${ending}`);
  expect(fileName({ ...task, compression })).toBe(`customers-cartier-${id}${ending}`);
  expect(contentType(compression)).toBe(type);
});

test('a brand of strange letters leaves nothing strange in the file name', () => {
  expect(fileName({ ...task, brand: 'a"/..\\é\n' })).toBe(`customers-a__..___-${id}.jsonl`);
});

describe('the facts of a finished file', () => {
  test('are those of the row, under a URL that is good for the configured time', () => {
    const file = describeFile(deps, task, now);
    expect(file).toMatchObject({
      urlExpiresAt: new Date('2026-01-02T03:19:05Z'),
      fileName: `customers-cartier-${id}.jsonl`,
      contentType: 'text/jsonl; charset=utf-8',
      compression: 'NONE',
      fileSize: 30,
      uncompressedSize: 40,
      objectCount: 3,
      fileChecksum: `sha256:${'ab'.repeat(32)}`,
    });
    const url = new URL(file?.url ?? '');
    expect(url.origin + url.pathname).toBe(`https://exports.example/exports/${id}/file`);
    expect(verifyFileUrl(deps.signingKeys, task, queryOf(url.href), now)).toBe('valid');
  });

  test('hold a URL that never outlives the file', () => {
    const expiresAt = new Date(now.getTime() + 10_000);
    expect(describeFile(deps, { ...task, expiresAt }, now)?.urlExpiresAt).toEqual(
      new Date('2026-01-02T03:04:15Z'),
    );
    expect(describeFile(deps, { ...task, expiresAt: now }, now)).toBeNull();
  });

  test.each(['CREATED', 'RUNNING', 'FAILED', 'CANCELING', 'CANCELED', 'EXPIRED'] as const)(
    'are not there while the task is %s',
    (status) => expect(describeFile(deps, { ...task, status }, now)).toBeNull(),
  );
});

describe('a signed URL', () => {
  const expires = seconds(now) + 60;
  const query = queryOf(signFileUrl(deps, task, expires));

  test('is good up to its last second and not longer', () => {
    const verify = (at: number) => verifyFileUrl(deps.signingKeys, task, query, new Date(at));
    expect(verify(expires * 1000 - 1)).toBe('valid');
    expect(verify(expires * 1000)).toBe('expired');
  });

  test('is void for another task, attempt or time', () => {
    const verify = (other: Partial<ExportTask>, changed = query) =>
      verifyFileUrl(deps.signingKeys, { ...task, ...other }, changed, now);
    expect(verify({ id: id.replace('0a', '0b') })).toBe('forged');
    expect(verify({ attempt: 3 })).toBe('forged');
    expect(verify({}, { ...query, expires: `${expires + 1}` })).toBe('forged');
    expect(verify({}, { ...query, expires: `0${expires}` })).toBe('forged');
  });

  test('is void after a change of any one letter, the last one’s spare bits included', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const changed = [...query.signature].flatMap((letter, at) =>
      [...letters]
        .filter((other) => other !== letter)
        .map((other) => query.signature.slice(0, at) + other + query.signature.slice(at + 1)),
    );
    const verdicts = [
      ...changed,
      '',
      query.signature.slice(1),
      `${query.signature}=`,
      `${query.signature}é`,
    ].map((signature) => verifyFileUrl(deps.signingKeys, task, { ...query, signature }, now));
    expect(new Set(verdicts)).toEqual(new Set(['forged']));
  });

  test('is signed by the first key and verified by all, so that keys can be changed one after the other', () => {
    const both = ['n'.repeat(32), ...deps.signingKeys];
    expect(verifyFileUrl(both, task, query, now)).toBe('valid');
    const renewed = queryOf(signFileUrl({ ...deps, signingKeys: both }, task, expires));
    expect(renewed).not.toEqual(query);
    expect(verifyFileUrl(both.slice(0, 1), task, renewed, now)).toBe('valid');
    expect(verifyFileUrl(both.slice(0, 1), task, query, now)).toBe('forged');
  });

  test('cannot be made without a key', () => {
    expect(() => signFileUrl({ ...deps, signingKeys: [] }, task, expires)).toThrow(/no key/);
  });
});
