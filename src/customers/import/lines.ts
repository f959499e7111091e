import { isUtf8 } from 'node:buffer';
import { BadLine } from './values.ts';

/** Longer lines are refused, so that any file is read in the same memory. Some 100,000 transactions fit. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

/** A line of a file, counted from 1, without what ends it. */
export type Line = { readonly number: number; readonly text: string | BadLine };

const LINE_FEED = 10;

/**
 * Splits bytes into lines: what a chunk completes comes together. Lines end in LF or CR LF, the last one also with
 * the file. A byte order mark at the very start and blank lines are left out; these count all the same.
 */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Line[]> {
  const rest = createRest();
  let number = 0;
  for await (const chunk of source) {
    const lines: Line[] = [];
    const first = chunk.indexOf(LINE_FEED);
    if (first === -1) {
      rest.keep(chunk);
      continue;
    }
    rest.keep(chunk.subarray(0, first));
    pushLine(lines, ++number, rest.take());
    const last = chunk.lastIndexOf(LINE_FEED);
    if (last > first) {
      for (const text of splitWhole(chunk.subarray(first + 1, last))) pushLine(lines, ++number, text);
    }
    rest.keep(chunk.subarray(last + 1));
    yield lines;
  }
  const lines: Line[] = [];
  pushLine(lines, ++number, rest.take());
  yield lines;
}

function pushLine(lines: Line[], number: number, text: string | BadLine): void {
  if (text instanceof BadLine) {
    lines.push({ number, text });
    return;
  }
  const start = number === 1 && text.startsWith('\uFEFF') ? 1 : 0;
  const line = text.slice(start, text.endsWith('\r') ? -1 : undefined);
  if (line.trim() !== '') lines.push({ number, text: line });
}

/** Several whole lines: checked and decoded at one go, which is twice as fast, unless one of them is faulty. */
function splitWhole(bytes: Uint8Array): readonly (string | BadLine)[] {
  if (bytes.byteLength <= MAX_LINE_BYTES && isUtf8(bytes)) return toText(bytes).split('\n');
  const texts: (string | BadLine)[] = [];
  for (let start = 0; start <= bytes.byteLength; ) {
    const end = bytes.indexOf(LINE_FEED, start);
    const stop = end === -1 ? bytes.byteLength : end;
    texts.push(decodeLine(bytes.subarray(start, stop)));
    start = stop + 1;
  }
  return texts;
}

function decodeLine(bytes: Uint8Array): string | BadLine {
  if (bytes.byteLength > MAX_LINE_BYTES) return tooLong();
  return isUtf8(bytes) ? toText(bytes) : new BadLine('not UTF-8');
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function tooLong(): BadLine {
  return new BadLine(`longer than ${MAX_LINE_BYTES.toLocaleString('en')} bytes`);
}

/** The beginning of a line whose end has not come yet. */
function createRest(): { readonly keep: (bytes: Uint8Array) => void; readonly take: () => string | BadLine } {
  let pieces: Uint8Array[] = [];
  let size = 0;
  return {
    keep(bytes) {
      size += bytes.byteLength;
      // A copy: the source may use its chunk again.
      if (size <= MAX_LINE_BYTES) pieces.push(Buffer.from(bytes));
      else pieces = [];
    },
    take() {
      const text = size > MAX_LINE_BYTES ? tooLong() : decodeLine(Buffer.concat(pieces));
      pieces = [];
      size = 0;
      return text;
    },
  };
}
