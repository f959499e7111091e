import { sql } from 'drizzle-orm';
import { type ConstructorOptions, fromDrizzle, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import postgres from 'postgres';
import type { ExportDeps } from '../exports/deps.ts';

const QUEUE = 'customer-export';

/** How a job reaches a worker. The task row is the truth; a job is its wake-up call. */
export type Queue = {
  readonly enqueue: ExportDeps['enqueue'];
  /** Calls `handle` for each job, up to `concurrency` at a time. */
  readonly work: (concurrency: number, handle: (taskId: string) => Promise<void>) => Promise<void>;
  /** Takes no more jobs, waits for those in hand and closes the connections. */
  readonly stop: () => Promise<void>;
};

/** Opens pg-boss on connections of its own and makes sure that the queue is there. */
export async function openQueue(databaseUrl: string, log: Logger): Promise<Queue> {
  const client = postgres(databaseUrl, {
    // pg-boss sends whole transactions as one text, which the library allows on a lone connection only.
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'customer-export queue' },
  });
  const boss = new PgBoss({ db: onPostgresJs(client), useListenNotify: true, monitorIntervalSeconds: 5 });
  boss.on('error', (error) => log.error({ err: error }, 'job queue'));
  await boss.start();
  await boss.createQueue(QUEUE, {
    notify: true,
    // A worker that is silent this long is gone, and its job goes to another one. The task counts attempts itself.
    heartbeatSeconds: 10,
    expireInSeconds: 24 * 3600 - 1,
    retryLimit: 100,
    retryDelay: 1,
    deleteAfterSeconds: 3600,
  });
  return {
    enqueue: async (tx, task, delaySeconds = 0) => {
      await boss.send(
        QUEUE,
        { taskId: task.id },
        { db: fromDrizzle(tx, sql), group: { id: task.brand }, startAfter: delaySeconds },
      );
    },
    work: async (concurrency, handle) => {
      await boss.work<{ taskId: string }>(
        QUEUE,
        {
          localConcurrency: concurrency,
          batchSize: 1,
          pollingIntervalSeconds: 2,
          notifyPollingIntervalSeconds: 5,
        },
        async ([job]) => {
          if (job) await handle(job.data.taskId);
        },
      );
    },
    stop: async () => {
      await boss.stop({ graceful: true, close: false, timeout: 30_000 });
      await client.end({ timeout: 5 });
    },
  };
}

function onPostgresJs(client: postgres.Sql): NonNullable<ConstructorOptions['db']> {
  return {
    executeSql: async (text: string, values: unknown[] = []) => {
      // pg-boss hands over values as node-postgres takes them; postgres.js takes the same ones.
      const rows = await client.unsafe(text, values as postgres.ParameterOrJSON<never>[]);
      return { rows: [...rows] };
    },
    listen: async (channel: string, onNotification: (payload: string) => void, onReconnect: () => void) => {
      const { unlisten } = await client.listen(channel, onNotification, onReconnect);
      return { close: unlisten };
    },
  };
}
