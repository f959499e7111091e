import { type FileHandle, open } from 'node:fs/promises';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** A file that cannot be read, or not to its end. The message is a sentence without the file's name. */
export class UnreadableFile extends Error {
  override name = 'UnreadableFile';
}

export type ImportFile = AsyncDisposable & {
  /** In bytes, as stored; null when that is not known, as of a pipe. */
  readonly size: number | null;
  /** How many of these were read. */
  readonly bytesRead: () => number;
  /** What it says, decompressed when its name ends in `.gz` or `.zst`; to be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
};

/** Some hundred lines: while they are read, the database waits for the next rows. */
const CHUNK_SIZE = 64 * 1024;

/**
 * Opens a file to import.
 * @throws {UnreadableFile} now, or later while its chunks are read.
 */
export async function openImportFile(path: string): Promise<ImportFile> {
  const handle = await open(path).catch(refuse);
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new UnreadableFile('It is a directory.');
    const bytes = handle.createReadStream({ highWaterMark: CHUNK_SIZE });
    return {
      size: stats.isFile() ? stats.size : null,
      bytesRead: () => bytes.bytesRead,
      chunks: readAll(decompress(bytes, path)),
      [Symbol.asyncDispose]: () => close(handle, bytes),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function close(handle: FileHandle, bytes: Readable): Promise<void> {
  bytes.destroy();
  await handle.close();
}

function decompress(bytes: Readable, path: string): Readable {
  const decoder = decoderOf(path);
  return decoder ? pipeline(bytes, decoder, () => {}) : bytes; // the reader is told of an error
}

function decoderOf(path: string): Transform | null {
  if (/\.gz$/i.test(path)) return createGunzip({ chunkSize: CHUNK_SIZE });
  // Node reads one frame and would leave out what follows it without a word.
  if (/\.zst$/i.test(path))
    return createZstdDecompress({ chunkSize: CHUNK_SIZE, rejectGarbageAfterEnd: true });
  return null;
}

async function* readAll(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    refuse(error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  EISDIR: 'It is a directory.',
  EACCES: 'Reading it is not permitted.',
  EPERM: 'Reading it is not permitted.',
  Z_BUF_ERROR: 'It ends in the middle of its compressed data.',
  Z_DATA_ERROR: 'It is not compressed as its name says, or damaged.',
  ZSTD_error_prefix_unknown: 'It is not compressed as its name says, or damaged.',
  ZSTD_error_corruption_detected: 'It is damaged.',
  ZSTD_error_checksum_wrong: 'It is damaged.',
  ERR_TRAILING_JUNK_AFTER_STREAM_END: 'It has several compressed parts: decompress it first.',
};

function refuse(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  throw new UnreadableFile(reasons[code] ?? `It cannot be read (${code || 'unknown reason'}).`, {
    cause: error,
  });
}
