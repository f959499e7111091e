import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedDatabaseError, reasonOf } from './error.ts';

const run = promisify(execFile);
const CACHE = '/var/cache/customer-export-gateway';

/**
 * Copies PostgreSQL's programs (57 MB) to where every user may run them, once per version. Only root needs it, and
 * only when the project lies in a folder that nobody else may enter: opening that folder instead would be rude,
 * and a temporary folder would be swept while the server still loads libraries from it.
 * @param native the folder that holds `bin`, `lib` and `share`.
 * @returns the copy, which holds the same.
 */
export async function copyWithinReach(native: string): Promise<string> {
  try {
    const digest = createHash('sha256').update(await readFile(join(native, 'bin', 'postgres')));
    const target = join(CACHE, `postgresql-${digest.digest('hex').slice(0, 12)}`);
    if (await isFolder(target)) return target;
    await mkdir(CACHE, { recursive: true });
    await chmod(CACHE, 0o755);
    const draft = await mkdtemp(join(CACHE, 'new-'));
    try {
      await cp(native, draft, { recursive: true, verbatimSymlinks: true });
      await run('chmod', ['-R', 'u+rwX,go+rX', draft]);
      await rename(draft, target).catch(async (error: unknown) => {
        if (!(await isFolder(target))) throw error; // else another project was first
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return target;
  } catch (cause) {
    throw new EmbeddedDatabaseError(
      `PostgreSQL does not run as root, other users may not enter ${native}, and its programs could not be ` +
        `copied to ${CACHE}: ${reasonOf(cause)}. Move the project, run as an ordinary user, or set DATABASE_URL.`,
      { cause },
    );
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
