import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { prepareDatabase } from './customers/stored-lines.ts';
import { connect } from './db/client.ts';
import { openEmbeddedDatabase } from './db/embedded.ts';
import { callWorkers, WORK_CHANNEL } from './db/notifications.ts';
import { readOrMakeSetting } from './db/settings.ts';
import type { ExportDeps } from './exports/deps.ts';
import { isDatabaseAway } from './exports/failures.ts';
import { openTaskWatch } from './exports/watch.ts';
import { openStatus } from './status.ts';
import { openStorage } from './storage/open.ts';

export type App = {
  /** Where the gateway is reached; null without the role. */
  readonly url: string | null;
  /** Where a process without that role tells how it is; null unless it was given a port. */
  readonly statusUrl: string | null;
  /** Ends in order, giving running exports back to the queue. */
  readonly stop: () => Promise<void>;
};

/** How often a database that is away is tried again. */
const TRY_AGAIN_MS = 1_000;

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
  if (config.tracing) {
    // Loaded only where it is wanted, and closed last: ends are traced, too.
    const { startTracing } = await import('./telemetry/tracing.ts');
    opened.defer(startTracing(config.tracing, log));
  }
  const gateway = config.roles.has('gateway') ? await listen(config, log, opened) : null;
  const status = gateway || config.port === null ? null : await openStatus(config, config.port, log);
  if (status) opened.defer(status.close);
  const databaseUrl = await openDatabase(config, opened, signal);
  await waitForDatabase(databaseUrl, log, signal);
  const { db, sql, close } = connect(databaseUrl);
  opened.defer(close);
  const storage = await openStorage(config.storage);
  opened.defer(storage.close);
  const watch = await openTaskWatch({ db, databaseUrl, log });
  opened.defer(watch.close);
  const deps: ExportDeps = {
    db,
    databaseUrl,
    storage,
    watch,
    log,
    enqueue: callWorkers,
    publicUrl: config.publicUrl ?? gateway?.url ?? '',
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
    const { startLineUpkeep } = await import('./worker/line-upkeep.ts');
    const { startUpkeep } = await import('./worker/upkeep.ts');
    const { startWorker } = await import('./worker/worker.ts');
    const worker = startWorker(deps, config.exportConcurrency);
    const upkeep = startUpkeep(deps);
    serving.push(worker.stop, upkeep.stop, startLineUpkeep(deps).stop);
    await sql.listen(WORK_CHANNEL, worker.wake);
  }
  if (gateway) serving.push(await gateway.serve(deps));
  status?.serve(db);
  return { url: gateway?.url ?? null, statusUrl: status?.url ?? null, stop: () => opened.disposeAsync() };
}

/** Loads the gateway's half only where it is wanted: a worker does without half of the memory. */
async function listen(config: Config, log: Logger, opened: AsyncDisposableStack) {
  const { openGateway } = await import('./gateway.ts');
  const gateway = await openGateway(config, log);
  opened.defer(gateway.close);
  return gateway;
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
