import type { LaneEnd, Round } from './lane.ts';

/** What all rounds come to, in lines to read, and whether all was well. */
export function summarize(
  rounds: readonly Round[],
  ends: readonly LaneEnd[],
): { readonly lines: readonly string[]; readonly good: boolean } {
  const outcomes = rounds.flatMap((round) => round.outcomes.map((outcome) => outcome.split(' ')[0]));
  const became = (status: string) => outcomes.filter((outcome) => outcome === status).length;
  const sum = (of: (end: LaneEnd) => number) => ends.reduce((total, end) => total + of(end), 0);
  const wrong = [...rounds, ...ends].flatMap((part) => part.wrong);
  const [late, twice, held] = [
    sum(({ lateWrites }) => lateWrites),
    sum(({ publishedTwice }) => publishedTwice),
    sum(({ snapshotsHeld }) => snapshotsHeld),
  ];
  const kinds = [...new Set(rounds.map(({ fault }) => fault))].toSorted();
  const lines = [
    ...wrong.map((line) => `WRONG ${line}`),
    ...kinds.map((kind) => {
      const played = rounds.filter(({ fault }) => fault === kind);
      const struck = played.filter(({ takeoversMs }) => takeoversMs.length > 0).length;
      return `${kind}: ${played.length} rounds, ${struck} with takeovers: ${spread(played.flatMap(({ takeoversMs }) => takeoversMs))}`;
    }),
    `all takeovers: ${spread(rounds.flatMap(({ takeoversMs }) => takeoversMs))}`,
    `snapshots of suspended workers gone after: ${spread(rounds.flatMap(({ snapshotsMs }) => snapshotsMs))}`,
    `${rounds.length} rounds, ${outcomes.length} exports: ${became('COMPLETED')} completed, each file checked; ${became('CANCELED')} cancelled, ${became('FAILED')} failed, ${became('LOST')} lost`,
    `published twice ${twice}, late writes ${late}, snapshots held at the end ${held}, customers changed meanwhile ${sum(({ changes }) => changes)} times`,
    `wrong: ${wrong.length}`,
  ];
  return { lines, good: wrong.length === 0 && late + twice + held === 0 };
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const seconds = (ms = Number.NaN) => `${(ms / 1000).toFixed(2)} s`;
  return sorted.length === 0
    ? 'none'
    : `${sorted.length}, p50 ${seconds(sorted[Math.floor((sorted.length - 1) / 2)])}, max ${seconds(sorted.at(-1))}`;
}
