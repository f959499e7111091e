import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { untilAborted } from '../chunks.ts';
import { StorageError } from '../storage.ts';
import type { Bucket, ObjectName } from './bucket.ts';
import { confirm } from './confirm.ts';
import { onS3 } from './errors.ts';
import { cutParts, type Part, startFingerprint } from './parts.ts';

/** Parts on their way at a time. With the one being filled, an upload holds four parts: 32 MiB. */
const CONCURRENT_PARTS = 3;
/** S3's own limit. */
const MOST_PARTS = 10_000;
/** How long a failed upload tries to clean up behind itself, before it leaves that to the sweep. */
const CLEANUP_MS = 10_000;

/** An upload on its way. */
type Upload = {
  readonly bucket: Bucket;
  readonly object: ObjectName;
  /** Ends every request. */
  readonly signal: AbortSignal;
  /** null while the object fits into one request. */
  uploadId: string | null;
  readonly parts: CompletedPart[];
  /** Whether the server was ever asked to show the object. */
  shown: boolean;
};

/**
 * Uploads an object of unknown length in constant memory; see `Storage.write` for what holds afterwards.
 *
 * Not lib-storage's `Upload`: when aborted, that rejects while its parts are still on their way, does not wait for its
 * own AbortMultipartUpload, and has no way to compare what arrived with what was sent.
 */
export async function upload(
  bucket: Bucket,
  object: ObjectName,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<{ size: number }> {
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const state: Upload = { bucket, object, signal: either, uploadId: null, parts: [], shown: false };
  const sending = new Set<Promise<void>>();
  try {
    const fingerprint = startFingerprint();
    for await (const part of cutParts(untilAborted(chunks, either), bucket.partBytes)) {
      fingerprint.add(part);
      if (part.number === 1 && part.last) {
        await show(state, fingerprint.end(), () => put(state, part));
        return { size: fingerprint.end().size };
      }
      state.uploadId ??= await begin(state);
      while (sending.size >= CONCURRENT_PARTS) await Promise.race(sending);
      const sent = send(state, state.uploadId, part)
        .then(part.release)
        // The first fault ends the others, and the source.
        .catch((error: unknown) => failing.abort(error))
        .finally(() => sending.delete(sent));
      sending.add(sent);
    }
    await Promise.all(sending);
    either.throwIfAborted();
    await show(state, fingerprint.end(), () => complete(state));
    return { size: fingerprint.end().size };
  } catch (error) {
    failing.abort(error);
    await Promise.all(sending);
    await discard(state);
    throw signal.aborted ? signal.reason : failing.signal.reason;
  }
}

async function begin({ bucket, object, signal }: Upload): Promise<string> {
  const command = new CreateMultipartUploadCommand({
    ...object,
    ...bucket.encryption,
    ChecksumAlgorithm: 'CRC32',
  });
  const { UploadId } = await onS3(() => bucket.client.send(command, { abortSignal: signal }));
  return required(UploadId, 'UploadId');
}

/** Content-MD5 is for servers that know nothing of S3's newer checksums: each of the two makes a server refuse changed bytes. */
function bodyOf(part: Part) {
  return {
    Body: part.body,
    ContentLength: part.body.byteLength,
    ContentMD5: part.md5.toString('base64'),
    ChecksumCRC32: part.crc32.toString('base64'),
  };
}

async function send({ bucket, object, signal, parts }: Upload, uploadId: string, part: Part): Promise<void> {
  if (part.number > MOST_PARTS) {
    const cause = new Error(`More than ${MOST_PARTS} parts of ${bucket.partBytes} bytes`);
    throw new StorageError('STORAGE_FULL', 'The object is larger than an upload can be.', {
      cause,
      retryable: false,
    });
  }
  const command = new UploadPartCommand({
    ...object,
    ...bodyOf(part),
    UploadId: uploadId,
    PartNumber: part.number,
  });
  const { ETag, ChecksumCRC32 } = await onS3(() => bucket.client.send(command, { abortSignal: signal }));
  parts[part.number - 1] = {
    PartNumber: part.number,
    ETag: required(ETag, 'ETag'),
    ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }),
  };
}

async function put({ bucket, object, signal }: Upload, part: Part): Promise<void> {
  const command = new PutObjectCommand({ ...object, ...bucket.encryption, ...bodyOf(part) });
  await onS3(() => bucket.client.send(command, { abortSignal: signal }));
}

async function complete({ bucket, object, signal, uploadId, parts }: Upload): Promise<void> {
  const command = new CompleteMultipartUploadCommand({
    ...object,
    UploadId: required(uploadId ?? undefined, 'UploadId'),
    MultipartUpload: { Parts: parts },
  });
  await onS3(() => bucket.client.send(command, { abortSignal: signal }));
}

/**
 * Makes the object visible, and looks whether it is what was sent. The look decides, not the answer: a server may
 * do what it was asked and then fail to say so, or say so and not have done it.
 */
async function show(
  state: Upload,
  sent: Parameters<typeof confirm>[2],
  ask: () => Promise<void>,
): Promise<void> {
  state.signal.throwIfAborted();
  state.shown = true;
  const fault = await ask().then(
    () => null,
    (error: unknown) => ({ error }),
  );
  state.signal.throwIfAborted();
  try {
    await confirm(state.bucket, state.object, sent, state.signal);
  } catch (error) {
    throw fault ? fault.error : error;
  }
}

/** Removes what is there of an upload. What cannot be reached is left to the sweep. */
async function discard({ bucket, object, uploadId, shown }: Upload): Promise<void> {
  const options = { abortSignal: AbortSignal.timeout(CLEANUP_MS) };
  // First the upload: after that, a request to complete it that is still on its way finds nothing to show.
  if (uploadId !== null) {
    const command = new AbortMultipartUploadCommand({ ...object, UploadId: uploadId });
    await bucket.client.send(command, options).catch(() => {});
  }
  if (shown) await bucket.client.send(new DeleteObjectCommand(object), options).catch(() => {});
}

function required(value: string | undefined, name: string): string {
  if (value) return value;
  throw new StorageError('STORAGE_UNAVAILABLE', `The server's answer has no ${name}.`, {
    cause: new Error(`no ${name}`),
    retryable: true,
  });
}
