import type { Contestant, Outcome } from './contestant.ts';

/** The results as a Markdown table: medians, and the ratio to each one's limit. */
export function formatTable(results: ReadonlyMap<Contestant, readonly Outcome[]>): string {
  const rate = (outcomes: readonly Outcome[]) =>
    median(outcomes.map(({ lines, seconds }) => lines / seconds));
  const rates = new Map([...results].map(([{ name }, outcomes]) => [name, rate(outcomes)]));
  const rows = [...results].map(([{ name, against }, outcomes]) => {
    const limit = against === null ? undefined : rates.get(against);
    const lines = rate(outcomes);
    return [
      name,
      format(median(outcomes.map((outcome) => outcome.seconds)), 2),
      format(lines, 0),
      limit === undefined ? 'the limit' : format(lines / limit, 3),
      ...(['cpuSeconds', 'peakMemoryMb', 'loopDelayMs', 'firstProgressMs'] as const).map((key) => {
        const values = outcomes.flatMap((outcome) => outcome[key] ?? []);
        return values.length === 0 ? '' : format(median(values), key === 'cpuSeconds' ? 2 : 0);
      }),
    ];
  });
  const head = ['way', 's', 'lines/s', 'ratio', 'CPU s', 'peak MB', 'loop p99 ms', 'first event ms'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = low] =
    sorted.length % 2 ? [sorted[middle]] : sorted.slice(middle - 1, middle + 1);
  return (low + high) / 2;
}

function format(value: number, digits: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
