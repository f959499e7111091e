import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EmbeddedDatabaseError, reasonOf, systemCode } from './error.ts';

/** Where everything of the embedded database lies: absolute paths inside DATA_DIR. */
export type Files = {
  readonly dataDir: string;
  /** PostgreSQL's own data folder. */
  readonly cluster: string;
  /** The password of the role `postgres`, for its owner's eyes only (0600). */
  readonly password: string;
  readonly log: string;
  /** Names the container that the server was started in. */
  readonly home: string;
  /** Held while somebody joins or leaves. */
  readonly gate: string;
  /** Held, shared, by every process that uses the server. */
  readonly users: string;
};

/** Names the files and makes DATA_DIR itself. */
export async function prepareFiles(dataDir: string): Promise<Files> {
  const root = resolve(dataDir);
  const files: Files = {
    dataDir: root,
    cluster: join(root, 'postgres'),
    password: join(root, 'postgres.password'),
    log: join(root, 'postgres.log'),
    home: join(root, 'postgres.home'),
    gate: join(root, 'postgres.lock'),
    users: join(root, 'postgres.users'),
  };
  try {
    await mkdir(root, { recursive: true });
    await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const message = `DATA_DIR (${root}) cannot be made or written: ${reasonOf(cause)}.`;
    throw new EmbeddedDatabaseError(message, { cause });
  }
  await refuseForeignOwner(files);
  return files;
}

/** Root may use anybody's folder; others get a sentence instead of PostgreSQL's many. */
async function refuseForeignOwner({ cluster }: Files): Promise<void> {
  const self = process.getuid?.() ?? 0;
  const owner = await ownerOf(cluster);
  if (self === 0 || owner === null || owner.uid === self) return;
  throw new EmbeddedDatabaseError(
    `${cluster} belongs to another user (uid ${owner.uid}, this is uid ${self}). ` +
      'Run as that user, or choose another DATA_DIR.',
  );
}

/** Who owns a file or folder; null when it is not there. */
export async function ownerOf(path: string): Promise<{ readonly uid: number; readonly gid: number } | null> {
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
