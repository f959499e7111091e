import { SingleBar } from 'cli-progress';
import type { ExportState } from './demo-client.ts';

export type ExportBar = Disposable & { readonly update: (state: ExportState) => void };

/** Where it is shown: `columns` is a terminal's width. */
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What the line takes besides the bar, when its figures are long. */
const FIGURES = 74;
/** No bar is shorter … */
const SHORTEST = 6;
/** … or longer. */
const LONGEST = 24;

/**
 * Shows how far an export is: a bar and its figures, the figures alone where a terminal is too narrow for both, and a
 * line now and then where the output is no terminal.
 */
export function openExportBar(stream: Output): ExportBar {
  const { columns = 80 } = stream.isTTY ? stream : { columns: FIGURES + LONGEST };
  const room = Math.min(LONGEST, columns - FIGURES);
  const barsize = room < SHORTEST ? 0 : room;
  const bar = new SingleBar({
    format:
      barsize === 0
        ? '{percentage}% {lines}/{all} {pace}/s {left}'
        : '{status} {bar} {percentage}% | {lines} of {all} lines | {pace} lines/s | {left}',
    barsize,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    noTTYOutput: true,
    notTTYSchedule: 500,
    stream,
  });
  bar.start(100, 0, { status: 'CREATED  ', lines: '0', all: '?', pace: '–', left: '' });
  return {
    update: (state) =>
      bar.update(Math.floor(state.progress), {
        status: state.status.padEnd(9),
        lines: state.objectCount.toLocaleString('en'),
        all: state.totalObjectCount?.toLocaleString('en') ?? '?',
        pace: state.objectsPerSecond ? Math.round(state.objectsPerSecond).toLocaleString('en') : '–',
        left: showTimeLeft(state),
      }),
    [Symbol.dispose]: () => bar.stop(),
  };
}

function showTimeLeft({ status, estimatedCompletionAt }: ExportState): string {
  if (status === 'COMPLETED') return 'done';
  if (estimatedCompletionAt === null) return '';
  return `${Math.max(0, Math.ceil((Date.parse(estimatedCompletionAt) - Date.now()) / 1000))} s left`;
}
