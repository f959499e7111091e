import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EmbeddedDatabaseError, reasonOf } from './error.ts';
import { ownerOf } from './files.ts';

/** The user that PostgreSQL's processes run as. */
export type Account = {
  /** True when it is not our own: we are root, and PostgreSQL refuses to run as root. */
  readonly switches: boolean;
  /** Options for starting a process as that user; empty for our own. */
  readonly ids: { readonly uid: number; readonly gid: number } | Record<string, never>;
};

const run = promisify(execFile);
const NAME = 'postgres';

/**
 * Our own user, unless that is root. Then the owner of the data, or for new data the system's user `postgres`,
 * which is made when there is none.
 */
export async function findAccount(cluster: string): Promise<Account> {
  if (process.getuid?.() !== 0) return { switches: false, ids: {} };
  const owner = await ownerOf(cluster);
  if (owner?.uid === 0) {
    throw new EmbeddedDatabaseError(
      `${cluster} belongs to root, as whom PostgreSQL does not run. Give it to another user: chown -R ${NAME} ${cluster}`,
    );
  }
  return { switches: true, ids: owner ?? (await lookUp()) ?? (await makeUser()) };
}

async function lookUp(): Promise<{ uid: number; gid: number } | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', NAME]), run('id', ['-g', NAME])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

async function makeUser(): Promise<{ uid: number; gid: number }> {
  let cause: unknown;
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', NAME]);
  } catch (error) {
    cause = error;
  }
  const made = await lookUp();
  if (made) return made;
  throw new EmbeddedDatabaseError(
    `PostgreSQL does not run as root, and the user "${NAME}" could not be made: ${reasonOf(cause).trim()}. ` +
      'Make that user, run as an ordinary user, or set DATABASE_URL.',
    { cause },
  );
}
