import { randomBytes } from 'node:crypto';
import { sql as query } from 'drizzle-orm';
import type { Logger } from 'pino';
import { openAuthenticator } from './auth/token.ts';
import type { Config } from './config.ts';
import { listBrands, listPointsOfSale } from './customers/brands.ts';
import { prepareDatabase } from './customers/stored-lines.ts';
import { connect } from './db/client.ts';
import { openEmbeddedDatabase } from './db/embedded.ts';
import { readOrMakeSetting } from './db/settings.ts';
import type { ExportDeps } from './exports/deps.ts';
import { openTaskWatch } from './exports/watch.ts';
import { buildSchema } from './graphql/schema.ts';
import { createDownloadHandler } from './http/download.ts';
import type { ExampleFilter } from './http/graphiql.ts';
import { createGraphql } from './http/graphql.ts';
import { answerHealth } from './http/health.ts';
import { allowsOrigin, refuseForeignNames } from './http/origins.ts';
import { createRestHandler } from './http/rest.ts';
import { createHttpServer } from './http/server.ts';
import { serveWebsocket } from './http/websocket.ts';
import { openStorage } from './storage/open.ts';
import { openQueue } from './worker/queue.ts';
import { startWorker } from './worker/worker.ts';

export type App = {
  /** Where the gateway is reached; null without the role. */
  readonly url: string | null;
  /** Ends in order, giving running exports back to the queue. */
  readonly stop: () => Promise<void>;
};

/** How long downloads and answers may go on after the order to stop. */
const DRAIN_MS = 5_000;

/** Opens everything that the configuration names, in order; when one thing cannot be opened, closes the others. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  const opened = new AsyncDisposableStack();
  try {
    return await openApp(config, log, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function openApp(config: Config, log: Logger, opened: AsyncDisposableStack): Promise<App> {
  const databaseUrl = await openDatabase(config, opened);
  await prepareDatabase(databaseUrl);
  const { db, sql, close } = connect(databaseUrl);
  opened.defer(close);
  const storage = await openStorage(config.storage);
  const watch = await openTaskWatch(db, sql);
  opened.defer(watch.close);
  const queue = await openQueue(databaseUrl, log);
  opened.defer(queue.stop);
  let publicUrl = config.publicUrl;
  const deps: ExportDeps = {
    db,
    databaseUrl,
    storage,
    watch,
    log,
    enqueue: queue.enqueue,
    publicUrl: () => publicUrl ?? '',
    signingKeys: config.urlSigningKeys ?? [
      await readOrMakeSetting(db, 'url_signing_key', () => randomBytes(32).toString('base64url')),
    ],
    downloadUrlTtlSeconds: config.downloadUrlTtlSeconds,
    retentionHours: config.exportRetentionHours,
  };
  if (config.roles.has('worker')) {
    const worker = await startWorker(deps, queue, config.exportConcurrency);
    opened.defer(worker.stop);
  }
  let url: string | null = null;
  if (config.roles.has('gateway')) {
    url = await openGateway(config, deps, opened);
    publicUrl ??= url;
  }
  return { url, stop: () => opened.disposeAsync() };
}

async function openDatabase(config: Config, opened: AsyncDisposableStack): Promise<string> {
  if (config.database.kind === 'server') return config.database.url;
  const embedded = await openEmbeddedDatabase(config.dataDir);
  opened.defer(embedded.close);
  return embedded.url;
}

async function openGateway(config: Config, deps: ExportDeps, opened: AsyncDisposableStack): Promise<string> {
  const { log } = deps;
  const authenticator = await openAuthenticator(config.auth, log);
  const graphql = createGraphql({
    schema: buildSchema(),
    deps,
    authenticator,
    log,
    graphiql: config.graphiql,
    introspection: config.introspection,
    allowedOrigins: config.allowedOrigins,
    exampleFilter: () => findExample(deps),
  });
  const http = createHttpServer(
    [
      ...(config.auth.kind === 'open' ? [refuseForeignNames] : []),
      answerHealth(() => deps.db.execute(query`select 1`)),
      createDownloadHandler(deps, authenticator.authenticate),
      createRestHandler(deps, authenticator.authenticate),
      async (req, res) => {
        if (!/^\/graphql(\?|$)/.test(req.url ?? '')) return false;
        await graphql(req, res);
        return true;
      },
    ],
    log,
  );
  const endSockets = serveWebsocket(http.server, {
    graphql,
    authenticator,
    log,
    allowsOrigin: (req) => allowsOrigin(req, config.allowedOrigins),
  });
  const port = await http.listen(config.host, config.port);
  opened.defer(() => http.drain(DRAIN_MS));
  opened.defer(endSockets);
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return `http://${host}:${port}`;
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
