import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { type ByteRange, type OpenObject, requireRange, StorageError } from '../storage.ts';
import type { Bucket, ObjectName } from './bucket.ts';
import { fromS3, isMissing } from './errors.ts';

/** Opens an object, or a range of it; null when there is none. */
export async function openObject(
  { client }: Pick<Bucket, 'client'>,
  object: ObjectName,
  range: ByteRange | undefined,
): Promise<OpenObject | null> {
  // S3 shortens a range that ends too late and takes one that is no range for the whole.
  if (range) requireRange(Number.MAX_SAFE_INTEGER, range);
  const asked = range
    ? { Range: `bytes=${range.start}-${range.end}` }
    : // The SDK compares the whole object with its checksum, if the server knows one.
      { ChecksumMode: 'ENABLED' as const };
  const answer = await client.send(new GetObjectCommand({ ...object, ...asked })).catch((error: unknown) => {
    if (isMissing(error)) return null;
    if (error instanceof Error && error.name === 'InvalidRange') {
      throw new RangeError('The range does not lie within the object.', { cause: error });
    }
    throw fromS3(error);
  });
  if (!answer) return null;
  const body = answer.Body;
  if (!(body instanceof Readable)) throw fromS3(new Error('The server answered without a body.'));
  try {
    const size = range ? totalOf(answer.ContentRange) : answer.ContentLength;
    if (size === undefined) throw fromS3(new Error('The server did not say how large the object is.'));
    const { length } = requireRange(size, range);
    return { size, length, stream: exactly(body, length) };
  } catch (error) {
    body.destroy();
    throw error;
  }
}

/** The size in `bytes 0-9/1234`. */
function totalOf(contentRange: string | undefined): number | undefined {
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}

/** Passes on a body of this length, and not one byte less or more. */
function exactly(body: Readable, length: number): Readable {
  async function* pass() {
    let passed = 0;
    try {
      for await (const chunk of body) {
        if (!(chunk instanceof Uint8Array)) throw new TypeError('The body is not made of bytes.');
        passed += chunk.byteLength;
        if (passed > length) break;
        yield chunk;
      }
    } catch (error) {
      throw fromS3(error);
    }
    if (passed === length) return;
    const cause = new Error(`There came ${passed} bytes of ${length}.`);
    throw new StorageError('STORAGE_UNAVAILABLE', 'An object came with another length than its own.', {
      cause,
      retryable: true,
    });
  }
  const stream = Readable.from(pass(), { objectMode: false, highWaterMark: 64 * 1024 });
  // A stream that is destroyed before its first read never starts `pass`, which else would close the body.
  return stream.once('close', () => body.destroy());
}
