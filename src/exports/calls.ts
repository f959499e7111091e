import { sql } from 'drizzle-orm';
import { fromDrizzle, type PgBoss } from 'pg-boss';
import type { ExportDeps } from './deps.ts';

const QUEUE = 'customer-export';
/** How often a worker asks for calls that it was not notified of; it looks for tasks itself far more often. */
const POLL_SECONDS = 30;

export type Calls = {
  /** Stores a call with the task, for when `tx` commits. */
  readonly call: ExportDeps['enqueue'];
  /** Has `act` answer calls from now on, the next one once it has resolved. */
  readonly answer: (act: () => Promise<void>) => Promise<void>;
};

/**
 * A job for each task that is stored: it wakes one of the workers that have room. The task's row alone says what waits
 * and whose turn it is (`queue.ts`), so a call that is lost costs a second, and one that is superfluous nothing.
 */
export async function openCalls(jobs: PgBoss): Promise<Calls> {
  // A worker without room keeps its last call for as long as that lasts.
  await jobs.createQueue(QUEUE, {
    notify: true,
    retryLimit: 0,
    expireInSeconds: 86_400,
    deleteAfterSeconds: 3_600,
  });
  return {
    call: async (tx, { id }) => {
      await jobs.send(QUEUE, { asyncTaskId: id }, { db: fromDrizzle(tx, sql) });
    },
    answer: async (act) => {
      await jobs.work(QUEUE, { pollingIntervalSeconds: POLL_SECONDS }, act);
    },
  };
}
