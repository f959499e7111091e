import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGzip, createZstdCompress } from 'node:zlib';
import type { Compression } from './task.ts';

/** Compresses a stream of bytes as it passes; NONE passes them on untouched. */
export function compress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncIterable<Uint8Array> {
  if (compression === 'NONE') return chunks;
  const encoder = compression === 'GZIP' ? createGzip({ level: 1 }) : createZstdCompress();
  // An error on either side ends both, and reaches whoever reads the encoder.
  return pipeline(Readable.from(chunks, { objectMode: true }), encoder, () => {});
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
  async function* pass() {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  }
  return { ...count(pass()), sha256: () => hash.digest('hex') };
}
