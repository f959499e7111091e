import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './account.ts';
import { complaintIn, EmbeddedDatabaseError, reasonOf, systemCode } from './error.ts';
import type { Files } from './files.ts';
import { environment, type Programs } from './programs.ts';

const run = promisify(execFile);
const DRAFT = 'postgres.new-';

/** Makes PostgreSQL's data folder when there is none, and checks the one there is. Only while holding the gate. */
export async function prepareCluster(files: Files, programs: Programs, durable: boolean): Promise<void> {
  await removeDrafts(files);
  const version = await readIfThere(join(files.cluster, 'PG_VERSION'));
  if (version === null) {
    await refuseForeignFolder(files);
    await makeCluster(files, programs, durable);
  } else if (version.trim() !== programs.major) {
    throw new EmbeddedDatabaseError(
      `${files.cluster} was made by PostgreSQL ${version.trim()}; this is PostgreSQL ${programs.major}, which ` +
        'cannot read it. Dump it with the old version and restore it, or move it away to begin anew.',
    );
  }
  // A copy or a backup may have lost it, and PostgreSQL insists.
  await chmod(files.cluster, 0o700);
}

/**
 * The password of the role `postgres`.
 * @throws {EmbeddedDatabaseError} when it is missing.
 */
export async function readPassword(files: Files): Promise<string> {
  const password = (await readIfThere(files.password))?.trim();
  if (password) return password;
  throw new EmbeddedDatabaseError(
    `${files.password} is missing or empty, without which ${files.cluster} lets nobody in. ` +
      `Restore it, or move ${files.cluster} away to begin anew.`,
  );
}

/**
 * How PostgreSQL's programs find their data: the folder itself, which is also their working directory. Another
 * user than ours may not be able to enter the folders above it, and then only the way through the working
 * directory is open. Linux has that way; elsewhere the path must do.
 */
export function pathFor(account: Account, folder: string): string {
  return account.switches && process.platform === 'linux' ? '/proc/self/cwd' : folder;
}

async function refuseForeignFolder({ cluster }: Files): Promise<void> {
  const content = await readdir(cluster).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw new EmbeddedDatabaseError(`${cluster} cannot be read: ${reasonOf(error)}.`, { cause: error });
  });
  if (content.length === 0) return;
  throw new EmbeddedDatabaseError(
    `${cluster} is not a database, and not empty. Move it away, or choose another DATA_DIR.`,
  );
}

/** Made aside and moved into place when whole: what a killed predecessor left is never taken for a database. */
async function makeCluster(files: Files, programs: Programs, durable: boolean): Promise<void> {
  const password = await makePassword(files);
  const draft = await mkdtemp(join(files.dataDir, DRAFT));
  const data = join(draft, 'data');
  const passwordFile = join(draft, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const { ids } = programs.account;
  for (const path of [draft, data, passwordFile]) {
    if (ids.uid !== undefined) await chown(path, ids.uid, ids.gid);
  }
  const flags = [
    ...['-D', pathFor(programs.account, data), '--username=postgres', '--pwfile=../password'],
    ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8'],
    ...(durable ? [] : ['--no-sync']),
  ];
  try {
    await run(programs.initdb, flags, { ...ids, cwd: data, env: environment });
    await rename(data, files.cluster);
  } catch (cause) {
    const reason = complaintIn(reasonOf(cause)) ?? reasonOf(cause);
    const message = `The database could not be made in ${files.cluster}: ${reason}.`;
    throw new EmbeddedDatabaseError(message, { cause });
  } finally {
    await removeDrafts(files);
  }
}

/** The password outlives a failed start: it is written, and on the disk, before the first database that needs it. */
async function makePassword(files: Files): Promise<string> {
  const kept = (await readIfThere(files.password))?.trim();
  if (kept) return kept;
  const password = randomBytes(24).toString('base64url');
  const draft = `${files.password}.new`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${password}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, files.password);
  return password;
}

/** An initdb whose starter was killed may still be writing into its folder: then a later start removes it. */
async function removeDrafts({ dataDir }: Files): Promise<void> {
  const names = await readdir(dataDir);
  const drafts = names.filter((name) => name.startsWith(DRAFT)).map((name) => join(dataDir, name));
  await Promise.all(drafts.map((path) => rm(path, { recursive: true, force: true }).catch(() => {})));
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw new EmbeddedDatabaseError(`${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}
