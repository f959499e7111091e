import { once } from 'node:events';
import type { Logger } from 'pino';
import { type App, startApp } from './app.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { openLog } from './log.ts';

/** An orderly end takes less; what hangs longer is cut off, and the next start goes on from there. */
const STOP_MS = 9_500;

/** Serves until SIGTERM or SIGINT, then drains; a second signal ends at once. */
async function main(config: Config): Promise<void> {
  const log = openLog({ level: config.logLevel });
  const stop = stopOnSignal(log);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'nobody was told of this fault'));
  process.on('uncaughtException', (error) => {
    // What state this leaves is anybody's guess; another process takes over what this one has in hand.
    log.fatal({ err: error }, 'the process ends: nobody caught this fault');
    process.exit(1);
  });
  try {
    const app = await startApp(config, log, stop);
    announce(config, app, log);
    if (!stop.aborted) await once(stop, 'abort');
    await app.stop();
  } catch (error) {
    if (error instanceof ConfigError) refuse(error);
    if (isNoPlace(error)) refuse(new ConfigError([`HOST and PORT: ${error.message}.`]));
    if (!stop.aborted) throw error;
  }
  log.info('stopped');
  // The library that talks to the database may still be reconnecting what is closed already.
  process.exit();
}

/** What an operator needs to know of every start: where it listens, and to whom. At any level of the log. */
function announce(config: Config, app: App, parent: Logger): void {
  const log = parent.child({}, { level: 'info' });
  if (app.url !== null && config.auth.kind === 'open') {
    log.warn(
      'OPEN: callers are not authenticated, so only this machine may connect. Set JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE.',
    );
  }
  if (app.url !== null) log.info({ graphql: `${app.url}/graphql` }, `listening on ${app.url}`);
  else log.info(app.statusUrl === null ? 'working' : `working, status on ${app.statusUrl}`);
}

function stopOnSignal(log: Logger): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1);
      log.info({ signal }, 'draining');
      setTimeout(() => {
        log.error('could not stop in good order');
        process.exit(1);
      }, STOP_MS).unref();
      stop.abort(new Error('The process is told to stop.'));
    });
  }
  return stop.signal;
}

/** Whether the door could not be opened there: another program listens, or this one may not. */
function isNoPlace(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}

function refuse({ faults }: ConfigError): never {
  process.stderr.write(`${faults.join('\n')}\n`);
  process.exit(2);
}

let config: Config;
try {
  config = loadConfig(process.env);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  refuse(error);
}
await main(config);
