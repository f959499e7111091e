import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql as query } from 'drizzle-orm';
import type { Logger } from 'pino';
import { openAuthenticator } from './auth/token.ts';
import type { Config } from './config.ts';
import { listBrands, listPointsOfSale } from './customers/brands.ts';
import { prepareDatabase } from './customers/stored-lines.ts';
import { connect } from './db/client.ts';
import { openEmbeddedDatabase } from './db/embedded.ts';
import { callWorkers, WORK_CHANNEL } from './db/notifications.ts';
import { readOrMakeSetting } from './db/settings.ts';
import type { ExportDeps } from './exports/deps.ts';
import { isDatabaseAway } from './exports/failures.ts';
import { openTaskWatch } from './exports/watch.ts';
import { buildSchema } from './graphql/schema.ts';
import { createDownloadHandler } from './http/download.ts';
import type { ExampleFilter } from './http/graphiql.ts';
import { createGraphql } from './http/graphql.ts';
import { answerHealth } from './http/health.ts';
import { createOpenApiHandler } from './http/openapi-route.ts';
import { allowsOrigin, checkOrigin, refuseForeignNames } from './http/origins.ts';
import { createRestHandler } from './http/rest.ts';
import { createHttpServer, type HttpServer, type Route } from './http/server.ts';
import { startingRoutes } from './http/starting.ts';
import { serveWebsocket } from './http/websocket.ts';
import { openStorage } from './storage/open.ts';
import { startUpkeep } from './worker/upkeep.ts';
import { startWorker } from './worker/worker.ts';

export type App = {
  /** Where the gateway is reached; null without the role. */
  readonly url: string | null;
  /** Ends in order, giving running exports back to the queue. */
  readonly stop: () => Promise<void>;
};

/** How often a database that is away is tried again. */
const TRY_AGAIN_MS = 1_000;

/** How long downloads and answers may go on after the order to stop. */
const DRAIN_MS = 5_000;

/**
 * Opens everything that the configuration names, in order; when one thing cannot be opened, closes the others.
 * Waits for a database that is away, answering 503 meanwhile. `signal` ends the waiting, with its reason.
 */
export async function startApp(config: Config, log: Logger, signal?: AbortSignal): Promise<App> {
  const opened = new AsyncDisposableStack();
  try {
    return await openApp(config, log, opened, signal ?? new AbortController().signal);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function openApp(
  config: Config,
  log: Logger,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<App> {
  const door = config.roles.has('gateway') ? await openDoor(config, log, opened) : null;
  const databaseUrl = await openDatabase(config, opened, signal);
  await waitForDatabase(databaseUrl, log, signal);
  const { db, sql, close } = connect(databaseUrl);
  opened.defer(close);
  const storage = await openStorage(config.storage);
  opened.defer(storage.close);
  const watch = await openTaskWatch({ db, databaseUrl, log });
  opened.defer(watch.close);
  const publicUrl = config.publicUrl ?? door?.url ?? '';
  const deps: ExportDeps = {
    db,
    databaseUrl,
    storage,
    watch,
    log,
    enqueue: callWorkers,
    publicUrl: () => publicUrl,
    signingKeys: config.urlSigningKeys ?? [
      await readOrMakeSetting(db, 'url_signing_key', () => randomBytes(32).toString('base64url')),
    ],
    downloadUrlTtlSeconds: config.downloadUrlTtlSeconds,
    retentionHours: config.exportRetentionHours,
  };
  // What serves ends at once and side by side, before what it stands on.
  const serving: (() => Promise<void>)[] = [];
  opened.defer(async () => {
    await Promise.all(serving.map((end) => end()));
  });
  if (config.roles.has('worker')) {
    const worker = startWorker(deps, config.exportConcurrency);
    const upkeep = startUpkeep(deps);
    serving.push(worker.stop, upkeep.stop);
    await sql.listen(WORK_CHANNEL, worker.wake);
  }
  if (door) serving.push(await openGateway(config, deps, door));
  return { url: door?.url ?? null, stop: () => opened.disposeAsync() };
}

/** Brings the database to the newest layout, as soon as it can be reached. */
async function waitForDatabase(url: string, log: Logger, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await prepareDatabase(url);
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      log.warn({ err: error }, 'the database cannot be reached: trying again');
    }
    await delay(TRY_AGAIN_MS, undefined, { signal });
  }
}

type Door = { readonly http: HttpServer; readonly url: string; readonly routes: Route[] };

/** Listens, and answers that the server is not ready: the routes come later. */
async function openDoor(config: Config, log: Logger, opened: AsyncDisposableStack): Promise<Door> {
  const routes = [...startingRoutes];
  const http = createHttpServer(routes, log);
  const port = await http.listen(config.host, config.port);
  opened.defer(() => http.drain(0));
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return { http, url: `http://${host}:${port}`, routes };
}

async function openDatabase(
  config: Config,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<string> {
  if (config.database.kind === 'server') return config.database.url;
  const embedded = await openEmbeddedDatabase(config.dataDir, { signal });
  opened.defer(embedded.close);
  return embedded.url;
}

/** Puts what the gateway answers behind the door; returns how it ends. */
async function openGateway(config: Config, deps: ExportDeps, door: Door): Promise<() => Promise<void>> {
  const { log } = deps;
  const authenticator = await openAuthenticator(config.auth, log);
  const schema = buildSchema();
  const graphql = createGraphql({
    schema,
    deps,
    authenticator,
    log,
    graphiql: config.graphiql,
    introspection: config.introspection,
    exampleFilter: () => findExample(deps),
  });
  const endSockets = serveWebsocket(door.http.server, {
    graphql,
    authenticator,
    log,
    allowsOrigin: (req) => allowsOrigin(req, config.allowedOrigins),
  });
  door.routes.splice(
    0,
    door.routes.length,
    ...(config.auth.kind === 'open' ? [refuseForeignNames] : []),
    checkOrigin(config.allowedOrigins),
    answerHealth(() => deps.db.execute(query`select 1`)),
    createOpenApiHandler(schema),
    createDownloadHandler(deps, authenticator.authenticate),
    createRestHandler(deps, authenticator.authenticate),
    async (req, res) => {
      if (!/^\/graphql(\?|$)/.test(req.url ?? '')) return false;
      await graphql(req, res);
      return true;
    },
  );
  return async () => {
    await endSockets();
    await door.http.drain(DRAIN_MS);
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
