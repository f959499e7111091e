import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';

/** pg-boss tells of every failed query, and there are several a second while the database is away. */
const LOG_AGAIN_MS = 60_000;

/**
 * Opens pg-boss: jobs in the database. A process that does not work sends some alone: it hears of none and looks after
 * no schedule. Rejects when the database is away.
 * @param databaseUrl of the database itself: a pooler hears no notifications.
 */
export async function openJobs(
  databaseUrl: string,
  log: Logger,
  { works }: { readonly works: boolean },
): Promise<{ readonly jobs: PgBoss; readonly close: () => Promise<void> }> {
  const jobs = new PgBoss({
    connectionString: databaseUrl,
    max: works ? 2 : 1,
    application_name: 'customer-export jobs',
    useListenNotify: works,
    supervise: works,
    schedule: works,
    cronMonitorIntervalSeconds: 10,
    openTelemetry: { enabled: false },
  });
  let loggedAt = Number.NEGATIVE_INFINITY;
  jobs.on('error', (error) => {
    if (performance.now() - loggedAt < LOG_AGAIN_MS) return;
    loggedAt = performance.now();
    log.error({ err: error }, 'jobs');
  });
  const close = () => jobs.stop({ timeout: 3_000 });
  try {
    await jobs.start();
  } catch (error) {
    await close();
    throw error;
  }
  return { jobs, close };
}
