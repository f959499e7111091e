import { PgBoss } from 'pg-boss';
import type { ExportDeps } from '../exports/deps.ts';
import { tidyUp } from '../exports/tidy.ts';

const QUEUE = 'customer-export-upkeep';
/** pg-boss tells of every failed query, and there are several a second while the database is away. */
const LOG_AGAIN_MS = 60_000;

export type Upkeep = { readonly stop: () => Promise<void> };

/**
 * Tidies up now and once a minute, on one of all processes at a time. The schedule is kept in the database. Waits for
 * the database as long as it takes.
 */
export function startUpkeep(deps: ExportDeps): Upkeep {
  const stopping = new AbortController();
  const boss = new PgBoss({
    connectionString: deps.databaseUrl,
    max: 2,
    application_name: 'customer-export upkeep',
    cronMonitorIntervalSeconds: 10,
  });
  let loggedAt = Number.NEGATIVE_INFINITY;
  boss.on('error', (error) => {
    if (performance.now() - loggedAt < LOG_AGAIN_MS) return;
    loggedAt = performance.now();
    deps.log.error({ err: error }, 'upkeep');
  });

  const open = async () => {
    await boss.start({ attempts: Number.MAX_SAFE_INTEGER });
    // A job whose process has been silent for 30 s is nobody's, and another one tidies up in the next minute.
    await boss.createQueue(QUEUE, { policy: 'singleton', retryLimit: 0, heartbeatSeconds: 30 });
    await boss.schedule(QUEUE, '* * * * *');
    await boss.work(QUEUE, { pollingIntervalSeconds: 5 }, () => tidyUp(deps, stopping.signal));
    await boss.send(QUEUE);
  };
  const opened = open().catch((error: unknown) => {
    if (!stopping.signal.aborted) deps.log.error({ err: error }, 'upkeep could not start');
  });
  return {
    stop: async () => {
      stopping.abort(new Error('The worker is stopping.'));
      await Promise.all([opened, boss.stop({ timeout: 3_000 })]);
    },
  };
}
