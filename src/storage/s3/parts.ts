import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A piece of an object, as it is sent. */
export type Part = {
  /** From 1 on. */
  readonly number: number;
  readonly body: Uint8Array;
  readonly md5: Buffer;
  readonly crc32: Buffer;
  /** Nothing comes after it. */
  readonly last: boolean;
  /** Says that `body` is needed no more, so that another part may have its memory. */
  readonly release: () => void;
};

/**
 * Cuts a stream into parts of `partBytes`; the last one is what remains. An empty stream is one empty part.
 * Holds one part at a time. Each byte is copied and hashed when it comes, so that no part stops the process for long.
 */
export async function* cutParts(
  chunks: AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Part, void, undefined> {
  // Used again: fresh ones would wait for the garbage collector, some dozens of MB of them.
  const free: Buffer[] = [];
  const begin = () => beginPart(free.pop() ?? Buffer.allocUnsafeSlow(partBytes), free);
  let part = begin();
  let number = 1;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (part.isFull()) {
        yield { ...part.end(), number, last: false };
        part = begin();
        number += 1;
      }
      rest = part.take(rest);
    }
  }
  yield { ...part.end(), number, last: true };
}

function beginPart(memory: Buffer, free: Buffer[]) {
  const md5 = createHash('md5');
  let crc = 0;
  let filled = 0;
  return {
    isFull: () => filled === memory.byteLength,
    /** Takes what fits; returns what does not. */
    take: (chunk: Uint8Array): Uint8Array => {
      const fitting = chunk.subarray(0, memory.byteLength - filled);
      memory.set(fitting, filled);
      filled += fitting.byteLength;
      md5.update(fitting);
      crc = crc32(fitting, crc);
      return chunk.subarray(fitting.byteLength);
    },
    end: () => ({
      body: memory.subarray(0, filled),
      md5: md5.digest(),
      crc32: bigEndian(crc),
      release: () => {
        free.push(memory);
      },
    }),
  };
}

/** What an object should look like at the server. */
export type Fingerprint = {
  /** Bytes. */
  readonly size: number;
  /** MD5 as an ETag says it, without quotes: hex; of several parts, the MD5 of their MD5s, a dash and their number. */
  readonly etag: string;
  /** CRC-32 as S3 says it: base64; of several parts, the CRC-32 of their CRC-32s, a dash and their number. */
  readonly crc32: string;
};

/** Collects the fingerprint of an object from its parts, in order. */
export function startFingerprint() {
  const md5s: Buffer[] = [];
  const crcs: Buffer[] = [];
  let size = 0;
  return {
    add: (part: Part) => {
      md5s.push(part.md5);
      crcs.push(part.crc32);
      size += part.body.byteLength;
    },
    end: (): Fingerprint => {
      const [md5, crc] = [Buffer.concat(md5s), Buffer.concat(crcs)];
      const count = md5s.length;
      if (count === 1) return { size, etag: md5.toString('hex'), crc32: crc.toString('base64') };
      const etag = `${createHash('md5').update(md5).digest('hex')}-${count}`;
      return { size, etag, crc32: `${bigEndian(crc32(crc)).toString('base64')}-${count}` };
    },
  };
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
