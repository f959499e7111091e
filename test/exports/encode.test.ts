import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compress, count, measure } from '../../src/exports/encode.ts';
import { eventually } from '../support/eventually.ts';
import { fc } from '../support/fast-check.ts';
import { fleeting } from '../support/fleeting.ts';

async function* from(chunks: readonly Uint8Array[]) {
  yield* chunks;
}

const chunkings = fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 12 });

describe.each([
  ['GZIP', gunzipSync],
  ['ZSTD', zstdDecompressSync],
] as const)('%s', (compression, decompress) => {
  test('gives back the same bytes, in whatever chunks they came', async () => {
    await fc.assert(
      fc.asyncProperty(chunkings, async (chunks) => {
        const packed = await buffer(compress(from(chunks), compression));
        expect(decompress(packed).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('keeps many large chunks in order', async () => {
    const chunks = Array.from({ length: 20 }, (_, at) => Buffer.alloc(1_000_000 + at, `chunk ${at} `));
    const packed = await buffer(compress(from(chunks), compression));
    expect(decompress(packed).equals(Buffer.concat(chunks))).toBe(true);
    expect(packed.byteLength).toBeLessThan(500_000);
  });

  test('takes each chunk before it asks for the next, whose memory may be the same', async () => {
    const chunks = Array.from({ length: 100 }, () => randomBytes(60_001));
    const packed = await buffer(compress(fleeting(chunks), compression));
    expect(decompress(packed).equals(Buffer.concat(chunks))).toBe(true);
  });

  test('of nothing is a whole file', async () => {
    const packed = await buffer(compress(from([]), compression));
    expect(packed.byteLength).toBeGreaterThan(0);
    expect(decompress(packed)).toHaveLength(0);
  });

  test('notices a changed byte', async () => {
    const packed = await buffer(compress(from([randomBytes(10_000)]), compression));
    packed[5_000] = (packed[5_000] ?? 0) ^ 1;
    expect(() => decompress(packed)).toThrow();
  });

  test('passes on what its source throws', async () => {
    const fault = new Error('the source broke');
    async function* broken() {
      yield Buffer.from('x');
      throw fault;
    }
    await expect(buffer(compress(broken(), compression))).rejects.toBe(fault);
  });

  test('closes its source when nobody wants the rest', async () => {
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield randomBytes(100_000);
      } finally {
        closed = true;
      }
    }
    for await (const chunk of compress(endless(), compression)) {
      if (chunk.byteLength > 1_000) break;
    }
    await eventually(() => expect(closed).toBe(true));
  });
});

test('a GZIP file is one member, as browsers want it', async () => {
  const lines = Array.from({ length: 10 }, (_, at) => Buffer.from(`{"line":${at}}\n`.repeat(1_000)));
  const packed = await buffer(compress(from(lines), 'GZIP'));
  const stream = new Blob([new Uint8Array(packed)]).stream().pipeThrough(new DecompressionStream('gzip'));
  expect(await new Response(stream).text()).toBe(Buffer.concat(lines).toString());
});

test('NONE passes on the very chunks', async () => {
  const chunks = [Buffer.from('a'), Buffer.from('b')];
  expect(await Array.fromAsync(compress(from(chunks), 'NONE'))).toEqual(chunks);
});

test('what passes is counted and hashed', async () => {
  const chunks = [Buffer.from('one\n'), Buffer.alloc(0), Buffer.from('two\n')];
  const plain = count(from(chunks));
  const served = measure(plain.chunks);
  await buffer(served.chunks);
  expect([plain.size(), served.size()]).toEqual([8, 8]);
  expect(served.sha256()).toBe(createHash('sha256').update('one\ntwo\n').digest('hex'));
});
