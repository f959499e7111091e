import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { openExportBar } from '../../src/commands/export-bar.ts';

const state = {
  status: 'RUNNING',
  progress: 43.7,
  objectCount: 234_567,
  totalObjectCount: 500_000,
  objectsPerSecond: 61_000,
  estimatedCompletionAt: null,
  transactionTime: null,
  file: null,
  failure: null,
};

/** What a bar writes to a terminal of so many columns, or to what is none. */
function show(terminal: { readonly isTTY: true; readonly columns: number } | null): string {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      written.push(`${chunk}`);
      done();
    },
  });
  {
    using bar = openExportBar(Object.assign(stream, terminal));
    bar.update({ ...state, estimatedCompletionAt: new Date(Date.now() + 11_900).toISOString() });
  }
  return written.join('');
}

/** The lines, without what moves the cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is sought
const linesOf = (text: string) => text.split(/(?:\u001b\[?[?\d]*[A-Za-z78]|[\r\n])+/).filter(Boolean);

test.each([
  [40, '43% 234,567/500,000 61,000/s 12 s left'],
  [60, '43% 234,567/500,000 61,000/s 12 s left'],
  [80, 'RUNNING   ███░░░ 43% | 234,567 of 500,000 lines | 61,000 lines/s | 12 s left'],
  [120, 'RUNNING   ██████████░░░░░░░░░░░░░░ 43% | 234,567 of 500,000 lines | 61,000 lines/s | 12 s left'],
])('a terminal of %i columns has room for percent, lines, pace and time left', (columns, full) => {
  const lines = linesOf(show({ isTTY: true, columns }));
  expect(lines.at(-1)).toBe(full);
  expect(full.length).toBeLessThanOrEqual(columns);
});

test('what is no terminal gets plain lines', () => {
  const text = show(null);
  expect(text).not.toContain('\u001b');
  expect(text).toContain('43% | 234,567 of 500,000 lines | 61,000 lines/s | 12 s left\n');
});
