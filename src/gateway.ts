import { sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import { openAuthenticator } from './auth/token.ts';
import type { Config } from './config.ts';
import { listBrands, listPointsOfSale } from './customers/brands.ts';
import type { ExportDeps } from './exports/deps.ts';
import { openFigures } from './exports/figures.ts';
import { buildSchema } from './graphql/schema.ts';
import { createDownloadHandler } from './http/download.ts';
import type { ExampleFilter } from './http/graphiql.ts';
import { createGraphql } from './http/graphql.ts';
import { createGraphqlRoute } from './http/graphql-route.ts';
import { answerHealth } from './http/health.ts';
import { answerMetrics, type MetricsSources } from './http/metrics.ts';
import { createOpenApiHandler } from './http/openapi/route.ts';
import { allowsOrigin, checkOrigin, refuseForeignNames } from './http/origins.ts';
import { createRateLimit } from './http/rate-limit.ts';
import { createRestHandler } from './http/rest.ts';
import { createHttpServer, type Route } from './http/server.ts';
import { startingRoutes } from './http/starting.ts';
import { serveWebsocket } from './http/websocket.ts';

/** How long downloads and answers may go on after the order to stop. */
const DRAIN_MS = 5_000;

export type Gateway = {
  /** Where it is reached: it listens, and answers that it is not ready. */
  readonly url: string;
  /** Begins to serve. The returned function ends that, giving running answers some seconds. */
  readonly serve: (deps: ExportDeps) => Promise<() => Promise<void>>;
  /** Stops listening. */
  readonly close: () => Promise<void>;
};

/** Listens at once; what it serves needs the database and comes later. */
export async function openGateway(config: Config, log: Logger): Promise<Gateway> {
  const routes: Route[] = [];
  const http = createHttpServer(routes, log);
  const localOnly = config.auth.kind === 'open' ? [refuseForeignNames] : [];
  const metrics = (sources: MetricsSources) => answerMetrics(config.metrics, sources);
  routes.push(...localOnly, metrics({ figures: async () => null }), ...startingRoutes);
  const url = await http.listen(config.host, config.port ?? 0);
  return {
    url,
    serve: async (deps) => {
      const authenticator = await openAuthenticator(config.auth, log);
      const rateLimit = createRateLimit(config.rateLimitPerMinute);
      const schema = buildSchema();
      const graphql = createGraphql({
        schema,
        deps,
        authenticator,
        log,
        graphiql: config.graphiql,
        introspection: config.introspection,
        rateLimit,
        exampleFilter: () => findExample(deps),
      });
      const sockets = serveWebsocket(http.server, {
        graphql,
        authenticator,
        log,
        allowsOrigin: (req) => {
          if (config.auth.kind === 'open') refuseForeignNames(req);
          return allowsOrigin(req, config.allowedOrigins);
        },
      });
      routes.splice(
        0,
        routes.length,
        ...localOnly,
        checkOrigin(config.allowedOrigins),
        answerHealth(() => deps.db.execute(sql`select 1`)),
        metrics({
          figures: openFigures(deps.db),
          subscriptions: () => ({ websocket: sockets.countOperations(), sse: http.countEventStreams() }),
        }),
        createOpenApiHandler(schema),
        createDownloadHandler(deps, authenticator.authenticate),
        createRestHandler(deps, authenticator.authenticate, rateLimit),
        createGraphqlRoute(graphql),
      );
      return async () => {
        await sockets.end();
        await http.drain(DRAIN_MS);
      };
    },
    close: () => http.drain(0),
  };
}

/** A brand with customers of this installation, for GraphiQL's prepared operations. */
async function findExample({ db }: ExportDeps): Promise<ExampleFilter> {
  const [brand] = await listBrands(db, '*');
  const pointsOfSale = brand ? await listPointsOfSale(db, brand.code, null) : [];
  return {
    brand: brand?.code ?? 'cartier',
    posCodes: brand ? pointsOfSale.slice(0, 5).map(({ posCode }) => posCode) : ['POS-CODE'],
  };
}
