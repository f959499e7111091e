import { checkDatabases } from '../app/check-databases.ts';
import { loadConfig } from '../config.ts';
import { prepareDatabase } from '../customers/stored-lines.ts';
import { openEmbeddedDatabase } from '../db/embedded.ts';

export type OpenDatabase = AsyncDisposable & { readonly url: string };

/**
 * Opens the database that the settings name, ready for use: the given one, or the embedded one, which is started, or
 * joined when another process has it running.
 * @throws {ConfigError} {@link loadConfig} {@link checkDatabases}
 * @throws {DatabaseUnavailable}
 */
export async function openDatabase(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<OpenDatabase> {
  const { database, dataDir } = loadConfig(env);
  const { url, close } =
    database.kind === 'server'
      ? { url: database.directUrl, close: async () => {} }
      : await openEmbeddedDatabase(dataDir, { signal });
  try {
    if (database.kind === 'server') await checkDatabases(database, new Set());
    await prepareDatabase(url);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: close };
}
