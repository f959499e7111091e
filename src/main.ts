import { startApp } from './app.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { openLog } from './log.ts';

/** Serves until SIGTERM or SIGINT, then drains; a second signal ends at once. */
async function main(config: Config): Promise<void> {
  const log = openLog({ level: config.logLevel });
  const app = await startApp(config, log);
  if (config.auth.kind === 'open') {
    log.warn(
      'OPEN: callers are not authenticated, so only this machine may connect. Set JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE.',
    );
  }
  if (app.url !== null) {
    log.info({ graphql: `${app.url}/graphql` }, `listening on ${app.url}`);
  }
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, async () => {
      if (stopping) process.exit(1);
      stopping = true;
      log.info({ signal }, 'draining');
      await app.stop();
      log.info('stopped');
    });
  }
}

let config: Config;
try {
  config = loadConfig(process.env);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.faults.join('\n')}\n`);
  process.exit(2);
}
await main(config);
