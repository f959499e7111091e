import { S3ServiceException } from '@aws-sdk/client-s3';
import { StorageError } from '../storage.ts';

/** Words of servers for "no room"; Amazon itself has none. */
const full = new Set([
  'QuotaExceeded',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
  'EntityTooLarge',
]);
/** Refusals that the next try may not meet: bytes were changed or lost on their way, or a clock was corrected. */
const passing = new Set([
  'BadDigest',
  'InvalidDigest',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
  'IncompleteBody',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'OperationAborted',
  'NoSuchUpload',
]);
/** Faults on our side of the wire that stay until somebody sets it right: no credentials, no region, a certificate that is not trusted. */
const lasting = /Credentials|Token|CERT|SELF_SIGNED|Region is missing/;

/** Speaks to the S3 server; what goes wrong becomes a StorageError. */
export async function onS3<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw fromS3(cause);
  }
}

/** What went wrong, in the storage's words. */
export function fromS3(cause: unknown): Error {
  if (cause instanceof StorageError || cause instanceof RangeError) return cause;
  const status = statusOf(cause);
  const word = wordOf(cause);
  if (full.has(word) || status === 507) {
    return new StorageError('STORAGE_FULL', `There is no room in the bucket (${word}).`, {
      cause,
      retryable: false,
    });
  }
  const refused = status >= 300 && status < 500 && status !== 408 && status !== 429;
  return new StorageError('STORAGE_UNAVAILABLE', `The bucket cannot be used (${word}).`, {
    cause,
    retryable: refused ? passing.has(word) : !lasting.test(`${word} ${messageOf(cause)}`),
  });
}

/** Whether the server says that there is no such object. HEAD cannot tell that from a missing bucket. */
export function isMissing(error: unknown): boolean {
  return wordOf(error) === 'NoSuchKey' || wordOf(error) === 'NotFound';
}

/** HTTP status of the answer; 0 when there was none. */
function statusOf(error: unknown): number {
  return error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0;
}

/** The shortest name of what went wrong: S3's word, or the system's. */
function wordOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' && !(error instanceof S3ServiceException)
    ? error.code
    : error.name;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
