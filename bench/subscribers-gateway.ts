import { startApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { openLog } from '../src/log.ts';

/** A gateway in a process of its own: says where it listens, and for every message what it has used so far. */
async function main(databaseUrl: string, dataDir: string): Promise<void> {
  const config = loadConfig({
    PORT: '0',
    ROLES: 'gateway',
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
  });
  const app = await startApp(config, openLog({ level: config.logLevel }));
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() });
  });
  process.once('disconnect', () => app.stop());
  process.send?.({ url: app.url });
}

const [databaseUrl = '', dataDir = ''] = process.argv.slice(2);
await main(databaseUrl, dataDir);
