import { expect, test } from 'vitest';
import { MAX_LINE_BYTES, readLines } from '../../../src/customers/import/lines.ts';
import { BadLine } from '../../../src/customers/import/values.ts';
import { fc } from '../../support/fast-check.ts';

async function linesOf(...chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of readLines(iterate(chunks))) {
    for (const { number, text } of some) {
      lines.push(`${number}:${text instanceof BadLine ? `(${text.message})` : text}`);
    }
  }
  return lines;
}

/** Like a source that fills the same buffer again and again. */
async function* iterate(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    const copy = Buffer.from(chunk);
    yield copy;
    copy.fill(0x2a);
  }
}

test('lines end in LF or CR LF, the last one also with the file', async () => {
  expect(await linesOf(Buffer.from('a\nb\r\nc'))).toEqual(['1:a', '2:b', '3:c']);
  expect(await linesOf(Buffer.from('a\nb\r\n'))).toEqual(['1:a', '2:b']);
  expect(await linesOf(Buffer.from('a\rb'))).toEqual(['1:a\rb']);
});

test('blank lines are left out and counted', async () => {
  expect(await linesOf(Buffer.from('\n\na\n  \r\n\t\nb\n\n'))).toEqual(['3:a', '6:b']);
  expect(await linesOf(Buffer.from(''))).toEqual([]);
  expect(await linesOf()).toEqual([]);
});

test('a byte order mark is left out at the very start alone', async () => {
  expect(await linesOf(Buffer.from('\uFEFFa\n\uFEFFb\n'))).toEqual(['1:a', '2:\uFEFFb']);
  expect(await linesOf(Buffer.from([0xef]), Buffer.from([0xbb]), Buffer.from([0xbf, 0x61]))).toEqual(['1:a']);
});

test('a line that is not UTF-8 is told, the others come', async () => {
  const bad = [0xff, 0x62];
  const bytes = Buffer.from([0x61, 0x0a, ...bad, 0x0a, 0x63, 0x0a, ...bad]);
  expect(await linesOf(bytes)).toEqual(['1:a', '2:(not UTF-8)', '3:c', '4:(not UTF-8)']);
});

test('wherever a file is cut into chunks, its lines are the same', async () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.constantFrom('', '\r', '🌹é', '\uFEFF'),
  );
  const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 10 }), cuts, async (lines, cuts) => {
      const bytes = Buffer.from(lines.join('\n'));
      const places = [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const chunks = places.map((place, n) => bytes.subarray(places[n - 1] ?? 0, place));
      expect(await linesOf(...chunks)).toEqual(await linesOf(bytes));
    }),
  );
});

test('a line beyond the bound is told without being kept', async () => {
  const long = Buffer.alloc(MAX_LINE_BYTES / 4, 0x78);
  const fits = [long, long, long, long];
  const told = '(longer than 33,554,432 bytes)';
  expect(await linesOf(...fits, Buffer.from('x\nb\n'))).toEqual([`1:${told}`, '2:b']);
  expect(await linesOf(...fits, Buffer.from('x'))).toEqual([`1:${told}`]);
  expect(await linesOf(Buffer.from('a\n'), Buffer.concat([...fits, Buffer.from('x\nb\nc')]))).toEqual([
    '1:a',
    `2:${told}`,
    '3:b',
    '4:c',
  ]);
  const [line] = await linesOf(...fits, Buffer.from('\n'));
  expect(line).toHaveLength('1:'.length + MAX_LINE_BYTES);
});
