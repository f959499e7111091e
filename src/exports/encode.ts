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

/** Bytes and sha256 of what has passed. */
export type Measured = {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly size: () => number;
  /** 64 hex digits; call it once, after the last chunk. */
  readonly sha256: () => string;
};

/** Measures a stream of bytes as it passes. */
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
