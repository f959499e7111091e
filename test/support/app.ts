import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { openLog } from '../../src/log.ts';
import { useDatabase } from './postgres.ts';

/** A running gateway and worker of the test file's own, on a free port, a cloned database and a temporary folder. */
export function useApp(settings: Readonly<Record<string, string>> = {}) {
  const database = useDatabase();
  let app: App | undefined;
  let folder = '';
  const start = async () => {
    const config = loadConfig({
      PORT: '0',
      DATABASE_URL: database.url,
      DATA_DIR: folder,
      LOG_LEVEL: 'silent',
      ...settings,
    });
    app = await startApp(config, openLog({ level: config.logLevel }));
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'export-app-'));
    await start();
  });
  afterAll(async () => {
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    ...database,
    /** `http://127.0.0.1:PORT` */
    url: () => {
      if (!app?.url) throw new Error('The app does not run.');
      return app.url;
    },
    databaseUrl: database.url,
    folder: () => folder,
    stop: async () => {
      await app?.stop();
      app = undefined;
    },
    start,
  };
}
