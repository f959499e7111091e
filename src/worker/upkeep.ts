import type { PgBoss } from 'pg-boss';
import type { ExportDeps } from '../exports/deps.ts';
import { tidyUp } from '../exports/tidy.ts';

const QUEUE = 'customer-export-upkeep';

export type Upkeep = { readonly stop: () => void };

/** Tidies up now and once a minute, on one of all processes at a time. The schedule is kept in the database. */
export async function startUpkeep(deps: ExportDeps, jobs: PgBoss): Promise<Upkeep> {
  const stopping = new AbortController();
  // A job whose process has been silent for 30 s is nobody's, and another one tidies up in the next minute.
  await jobs.createQueue(QUEUE, { policy: 'singleton', retryLimit: 0, heartbeatSeconds: 30 });
  await jobs.schedule(QUEUE, '* * * * *');
  await jobs.work(QUEUE, { pollingIntervalSeconds: 5 }, () => tidyUp(deps, stopping.signal));
  await jobs.send(QUEUE);
  return { stop: () => stopping.abort(new Error('The worker is stopping.')) };
}
