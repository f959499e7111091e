import { SingleBar } from 'cli-progress';

export type ProgressState = {
  /** The part of the input that is read, from 0 to 1. */
  readonly begun: number;
  /** Customers in that part … */
  readonly read: number;
  /** … and how many of these are stored. */
  readonly stored: number;
};

export type Progress = Disposable & {
  readonly update: (state: ProgressState) => void;
  /** Writes a line to the standard error, out of the bar's way. */
  readonly warn: (line: string) => void;
};

/** Of the time that a customer takes, about what goes by until it is read; the rest goes by in the database. */
const READING = 0.2;

/** Characters of a bar; on a narrow terminal the figures behind it take precedence. */
const [SHORTEST, LONGEST] = [4, 30];
/** What the line takes besides its title and its bar. */
const FIGURES = 32;

/** Shows a bar on the terminal; where the standard output is none, writes a line there every few seconds. */
export function openProgress(title: string): Progress {
  const columns = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  const bar = new SingleBar({
    format: `${title} {bar} {percentage}% | {customers} stored`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: Math.max(SHORTEST, Math.min(LONGEST, columns - title.length - FIGURES)),
    fps: 5,
    forceRedraw: true,
    gracefulExit: false,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 5000,
    stream: process.stdout,
  });
  bar.start(1000, 0, { customers: showCount(0, 'customer') });
  return {
    update({ begun, read, stored }) {
      const done = begun * (READING + (1 - READING) * (read === 0 ? 1 : stored / read));
      bar.update(Math.floor(done * 1000), { customers: showCount(stored, 'customer') });
    },
    warn(line) {
      if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
      process.stderr.write(`${line}\n`);
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}

/** `1 customer`, `2,000 customers`. */
export function showCount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** How long it took, and how many that makes a second. `startedAt` is what `performance.now()` said then. */
export function showPace(count: number, startedAt: number): string {
  const seconds = (performance.now() - startedAt) / 1000;
  return `in ${seconds.toFixed(1)} s (${Math.round(count / seconds).toLocaleString('en')} a second)`;
}
