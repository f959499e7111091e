import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { StorageError } from '../storage.ts';
import type { Bucket, ObjectName } from './bucket.ts';
import { isMissing, onS3 } from './errors.ts';
import { cutParts, type Fingerprint, startFingerprint } from './parts.ts';
import { openObject } from './read.ts';

/** Asks the server what it really has. Resolves when that is exactly what was sent, else throws. */
export async function confirm(
  bucket: Bucket,
  object: ObjectName,
  sent: Fingerprint,
  signal: AbortSignal,
): Promise<void> {
  const head = await onS3(() =>
    bucket.client.send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }), {
      abortSignal: signal,
    }),
  ).catch((error: unknown) => {
    if (error instanceof StorageError && isMissing(error.cause)) throw unlike('it is not there', error.cause);
    throw error;
  });
  const { ContentLength: size, ChecksumCRC32: crc32 } = head;
  if (size !== sent.size) throw unlike(`it has ${size} bytes instead of ${sent.size}`);
  // A whole object's CRC of one sent in parts is another number, and proves nothing here.
  const comparable = crc32 !== undefined && crc32.includes('-') === sent.crc32.includes('-');
  if (comparable && crc32 !== sent.crc32) throw unlike('its CRC-32 differs');
  if (head.ETag?.replaceAll('"', '') === sent.etag) return;
  // The ETag of what is encrypted with a KMS key is not its MD5. Servers that do that check the CRC-32 of what they take.
  if (comparable && isUnderKmsKey(head)) return;
  // Others have ETags of their own, or were given other bytes than ours: only the bytes can tell.
  if ((await readBack(bucket, object)) !== sent.etag) throw unlike('its bytes differ');
}

function isUnderKmsKey(head: HeadObjectCommandOutput): boolean {
  return head.ServerSideEncryption?.startsWith('aws:kms') ?? false;
}

async function readBack(bucket: Bucket, object: ObjectName): Promise<string | null> {
  const opened = await openObject(bucket, object, undefined);
  if (!opened) return null;
  const found = startFingerprint();
  for await (const part of cutParts(opened.stream, bucket.partBytes)) {
    found.add(part);
    part.release();
  }
  return found.end().etag;
}

function unlike(what: string, cause: unknown = new Error(`The object is not what was sent: ${what}.`)) {
  return new StorageError('STORAGE_UNAVAILABLE', `The stored object is not what was sent: ${what}.`, {
    cause,
    retryable: true,
  });
}
