import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { checkDatabases } from './app/check-databases.ts';
import type { Config, DatabaseConfig } from './config.ts';
import { prepareDatabase } from './customers/stored-lines.ts';
import { connect } from './db/client.ts';
import { openEmbeddedDatabase } from './db/embedded.ts';
import { openJobs } from './db/jobs.ts';
import { readOrMakeSetting } from './db/settings.ts';
import { openSpareReaders } from './db/spare-readers.ts';
import { openCalls } from './exports/calls.ts';
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
/** By then its exports are held no longer either (`exports/holds.ts`), and whoever takes them over must not wait. */
const IDLE_IN_TRANSACTION_MS = 8_000;

/**
 * Opens everything that the configuration names, in order; when one thing cannot be opened, closes the others.
 * Waits for a database that is away, answering 503 meanwhile. `signal` ends the waiting, with its reason.
 * @throws {ConfigError} when a database is there, but not the one that the setting is for.
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
  const database = await openDatabase(config, opened, signal);
  await waitForDatabase(() => prepare(config, database), log, signal);
  const { url, directUrl: databaseUrl, readUrl } = database;
  // A pooler refuses the setting, and has one of its own (README: Operations).
  const { db, close } = connect(
    url,
    url === databaseUrl ? { idleInTransactionMs: IDLE_IN_TRANSACTION_MS } : {},
  );
  opened.defer(close);
  const spareReaders = openSpareReaders();
  opened.defer(spareReaders.close);
  const storage = await openStorage(config.storage);
  opened.defer(storage.close);
  const works = config.roles.has('worker');
  const { jobs, close: closeJobs } = await waitForDatabase(
    () => openJobs(databaseUrl, log, { works }),
    log,
    signal,
  );
  opened.defer(closeJobs);
  const calls = await openCalls(jobs);
  const watch = await openTaskWatch({ db, databaseUrl, log });
  opened.defer(watch.close);
  const deps: ExportDeps = {
    db,
    databaseUrl,
    readUrl,
    spareReaders,
    storage,
    watch,
    log,
    enqueue: calls.call,
    publicUrl: config.publicUrl ?? gateway?.url ?? '',
    signingKeys: config.urlSigningKeys ?? [
      await readOrMakeSetting(db, 'url_signing_key', () => randomBytes(32).toString('base64url')),
    ],
    downloadUrlTtlSeconds: config.downloadUrlTtlSeconds,
    retentionHours: config.exportRetentionHours,
  };
  // What serves ends at once and side by side, before what it stands on.
  const serving: (() => Promise<void> | void)[] = [];
  opened.defer(async () => {
    await Promise.all(serving.map((end) => end()));
  });
  if (works) {
    const { startLineUpkeep } = await import('./worker/line-upkeep.ts');
    const { startUpkeep } = await import('./worker/upkeep.ts');
    const { startWorker } = await import('./worker/worker.ts');
    const worker = startWorker(deps, config.exportConcurrency);
    serving.push(worker.stop, startLineUpkeep(deps).stop);
    await calls.answer(worker.wake);
    serving.push((await startUpkeep(deps, jobs)).stop);
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

/** Brings the database to the newest layout, once it is sure to be the right one. */
async function prepare(config: Config, { directUrl }: Servers): Promise<void> {
  if (config.database.kind === 'server') await checkDatabases(config.database, config.roles);
  await prepareDatabase(directUrl);
}

/** Does what needs the database as soon as it can be reached. */
async function waitForDatabase<T>(act: () => Promise<T>, log: Logger, signal: AbortSignal): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      log.warn({ err: error }, 'the database cannot be reached: trying again');
    }
    await delay(TRY_AGAIN_MS, undefined, { signal });
  }
}

type Servers = Omit<Extract<DatabaseConfig, { kind: 'server' }>, 'kind'>;

async function openDatabase(
  config: Config,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Servers> {
  if (config.database.kind === 'server') return config.database;
  const { url, close } = await openEmbeddedDatabase(config.dataDir, { signal });
  opened.defer(close);
  return { url, directUrl: url, readUrl: null };
}
