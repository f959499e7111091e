import { createHash } from 'node:crypto';
import { constants, crc32, createDeflateRaw, createZstdCompress } from 'node:zlib';
import type { Compression } from './task.ts';

/**
 * The levels are the fastest ones: an export is to cost hardly more for being compressed. ZSTD at level 3 would save
 * another 10 % of the bytes, GZIP at level 3 another 8 %, each for a fifth more work.
 */
const GZIP_LEVEL = 1;
const ZSTD_LEVEL = 1;
/**
 * 128 KiB stay in the processor's cache, the 512 KiB of this level do not: compressing takes a sixth less of its time,
 * and the file is a tenth larger.
 */
const ZSTD_WINDOW_LOG = 17;
/** As many as libuv has threads, unless told otherwise. */
const BLOCKS_AT_A_TIME = 4;
/** What a compressor is given at a time. */
const INPUT_BYTES = 1024 * 1024;
/** How compressed bytes are handed out; 16 KiB unless told otherwise. */
const OUTPUT_BYTES = 256 * 1024;

/** Compresses a stream of bytes as it passes; NONE passes them on untouched. */
export function compress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncIterable<Uint8Array> {
  if (compression === 'NONE') return chunks;
  return compression === 'GZIP' ? gzip(gather(chunks)) : zstd(gather(chunks));
}

/** Bytes for a compressor. */
type Block = {
  readonly bytes: Uint8Array;
  /** Says that the bytes are needed no more, so that others may have their memory. */
  readonly release: () => void;
};

/** Compressors are called for each block, on another thread: that is worth it for large ones. */
async function* gather(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Block, void, undefined> {
  const free: Buffer<ArrayBuffer>[] = [];
  const block = (memory: Buffer<ArrayBuffer>, size = memory.byteLength): Block => ({
    bytes: memory.subarray(0, size),
    release: () => free.push(memory),
  });
  let memory = Buffer.allocUnsafeSlow(INPUT_BYTES);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.byteLength > 0; ) {
      const fitting = rest.subarray(0, INPUT_BYTES - filled);
      memory.set(fitting, filled);
      filled += fitting.byteLength;
      rest = rest.subarray(fitting.byteLength);
      if (filled < INPUT_BYTES) continue;
      yield block(memory);
      memory = free.pop() ?? Buffer.allocUnsafeSlow(INPUT_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield block(memory, filled);
}

/** One frame with a checksum. The work is done beside this thread, a block at a time while the next is gathered. */
function zstd(blocks: AsyncIterable<Block>): AsyncIterable<Uint8Array> {
  const encoder = createZstdCompress({
    chunkSize: OUTPUT_BYTES,
    params: {
      [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL,
      [constants.ZSTD_c_windowLog]: ZSTD_WINDOW_LOG,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) =>
      encoder.write(bytes, (error) => (error ? reject(error) : resolve())),
    );
  const writeAll = async () => {
    let written = Promise.resolve();
    for await (const { bytes, release } of blocks) {
      await written;
      written = write(bytes).then(release);
      written.catch(() => {}); // told below
    }
    await written;
    encoder.end();
  };
  // An error on either side ends both, and reaches whoever reads the encoder.
  writeAll().catch((error: unknown) =>
    encoder.destroy(error instanceof Error ? error : new Error(`${error}`)),
  );
  return encoder;
}

const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
const lastBlock = Buffer.from([3, 0]);

/**
 * Each chunk becomes a block of its own, several at a time beside this thread, and all of them one member: browsers
 * (`DecompressionStream`) refuse a file of several.
 */
async function* gzip(input: AsyncIterable<Block>): AsyncGenerator<Uint8Array, void, undefined> {
  const idle: Deflater[] = [];
  const blocks: Promise<readonly Uint8Array[]>[] = [];
  let checksum = 0;
  let size = 0;
  yield header;
  try {
    for await (const { bytes, release } of input) {
      checksum = crc32(bytes, checksum);
      size += bytes.byteLength;
      const deflater = idle.pop() ?? openDeflater();
      const block = deflater.deflate(bytes);
      const done = () => {
        release();
        idle.push(deflater);
      };
      block.then(done, () => {}); // a fault is told when its turn comes
      blocks.push(block);
      const first = blocks.length === BLOCKS_AT_A_TIME ? blocks.shift() : undefined;
      if (first) yield* await first;
    }
    for (const block of blocks) yield* await block;
  } finally {
    for (const { close } of idle) close();
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield Buffer.concat([lastBlock, trailer]);
}

type Deflater = ReturnType<typeof openDeflater>;

/** Compresses one block at a time in memory that it keeps: new memory for each costs a third of the processor's time. */
function openDeflater() {
  const encoder = createDeflateRaw({
    level: GZIP_LEVEL,
    memLevel: 9,
    chunkSize: OUTPUT_BYTES,
    flush: constants.Z_SYNC_FLUSH,
  });
  let parts: Uint8Array[] = [];
  encoder.on('data', (part) => parts.push(part));
  return {
    /** What it gives knows nothing of the blocks before, and ends at a byte without being the last block. */
    async deflate(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
      await new Promise<void>((resolve, reject) => {
        encoder.once('error', reject);
        encoder.write(bytes, () => {
          encoder.off('error', reject);
          resolve();
        });
      });
      encoder.reset();
      const deflated = parts;
      parts = [];
      return deflated;
    },
    close: () => encoder.destroy(),
  };
}

/** A stream of bytes and how many have passed. */
export type Counted = {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly size: () => number;
};

/** Counts the bytes of a stream as they pass. */
export function count(source: AsyncIterable<Uint8Array>): Counted {
  let size = 0;
  async function* pass() {
    for await (const chunk of source) {
      size += chunk.byteLength;
      yield chunk;
    }
  }
  return { chunks: pass(), size: () => size };
}

export type Measured = Counted & {
  /** 64 hex digits over all bytes; call it once, after the last chunk. */
  readonly sha256: () => string;
};

/** Counts and hashes the bytes of a stream as they pass. */
export function measure(source: AsyncIterable<Uint8Array>): Measured {
  const hash = createHash('sha256');
  let size = 0;
  async function* pass() {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.byteLength;
      yield chunk;
    }
  }
  return { chunks: pass(), size: () => size, sha256: () => hash.digest('hex') };
}
