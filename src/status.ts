import { sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Database } from './db/client.ts';
import { openFigures } from './exports/figures.ts';
import { answerHealth } from './http/health.ts';
import { answerMetrics } from './http/metrics.ts';
import { refuseForeignNames } from './http/origins.ts';
import { createHttpServer, type Route } from './http/server.ts';
import { startingRoutes } from './http/starting.ts';

/** What a process without the role `gateway` serves: whether it is well, and what it has measured. */
export type Status = {
  readonly url: string;
  /** From now on there is a database to ask. */
  readonly serve: (db: Database) => void;
  readonly close: () => Promise<void>;
};

export async function openStatus(config: Config, port: number, log: Logger): Promise<Status> {
  const localOnly = config.metrics.kind === 'open' ? [refuseForeignNames] : [];
  const routes: Route[] = [
    ...localOnly,
    answerMetrics(config.metrics, { figures: async () => null }),
    ...startingRoutes,
  ];
  const http = createHttpServer(routes, log);
  return {
    url: await http.listen(config.host, port),
    serve: (db) => {
      routes.splice(
        0,
        routes.length,
        ...localOnly,
        answerHealth(() => db.execute(sql`select 1`)),
        answerMetrics(config.metrics, { figures: openFigures(db) }),
      );
    },
    close: () => http.drain(0),
  };
}
