import { rebuildLines } from '../customers/rebuild-lines.ts';
import type { ExportDeps } from '../exports/deps.ts';
import { startRepeating } from './repeat.ts';

/** Between two looks for lines that are missing: only a new format or a truncated table leaves any. */
const LOOK_MS = 3_600_000;

/** Builds stored lines that are missing or of another format, now and once an hour, beside whatever else goes on. */
export function startLineUpkeep({ db, log }: Pick<ExportDeps, 'db' | 'log'>): {
  readonly stop: () => Promise<void>;
} {
  const stopping = new AbortController();
  const looking = startRepeating(LOOK_MS, log, async () => {
    const built = await rebuildLines(db, stopping.signal);
    if (built > 0) log.info({ built }, 'stored lines are built anew');
  });
  return {
    stop: async () => {
      stopping.abort(new Error('The worker is stopping.'));
      await looking.stop();
    },
  };
}
