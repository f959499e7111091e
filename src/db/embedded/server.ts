import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { prepareCluster, readPassword } from './cluster.ts';
import { EmbeddedDatabaseError, systemCode } from './error.ts';
import type { Files } from './files.ts';
import { launch } from './launch.ts';
import { logIn } from './log-in.ts';
import { type PidFile, pidFile, readPidFile } from './pid-file.ts';
import { freePort } from './port.ts';
import { findResidents, isServerOf, processSpace } from './processes.ts';
import { findPrograms } from './programs.ts';
import type { Settings } from './settings.ts';

/** A recovery after a crash replays up to `max_wal_size` of changes first. */
export const START_MS = 300_000;
const STOP_MS = 60_000;

export type Wishes = {
  readonly settings: Settings;
  /** Whether other processes have joined and not left. */
  readonly inUse: boolean;
  readonly signal: AbortSignal | undefined;
};

/**
 * Starts the server unless it runs. Only while holding the gate.
 * @returns the URL of its database `postgres`, where the superuser of that name logs in.
 */
export async function ensureServer(files: Files, wishes: Wishes): Promise<string> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const server = findServer(files);
    if (server?.ready) {
      const url = `postgresql://postgres:${await readPassword(files)}@127.0.0.1:${server.port}/postgres`;
      if (await logIn(url, files)) return url;
    } else if (!server && clearTheWay(files)) {
      await startServer(files, wishes, deadline);
    }
    if (performance.now() > deadline) {
      throw new EmbeddedDatabaseError(
        `The PostgreSQL server in ${files.cluster} has been starting or stopping for ${START_MS / 1000} seconds. Its log is ${files.log}.`,
      );
    }
    await pause(10, undefined, { signal: wishes.signal });
  }
}

/** Stops the server, if it runs, and waits for its end. Its clients are cut off. Only while holding the gate. */
export async function stopServer(files: Files): Promise<void> {
  const pid = askToStop(files);
  if (pid === null) return;
  const deadline = performance.now() + STOP_MS;
  while (isServerOf(pid, files.cluster)) {
    if (performance.now() > deadline) {
      throw new EmbeddedDatabaseError(
        `The PostgreSQL server in ${files.cluster} (pid ${pid}) did not stop within ${STOP_MS / 1000} seconds. Its log is ${files.log}.`,
      );
    }
    await pause(10);
  }
}

/** Asks the server to stop at once, in order ("fast shutdown"). @returns its pid; null when none runs. */
export function askToStop(files: Files): number | null {
  const server = findServer(files);
  if (!server) return null;
  kill(server.pid, 'SIGINT');
  return server.pid;
}

/** What the pid file says, when the process it names really is this folder's server. */
function findServer(files: Files): PidFile | null {
  const noted = readPidFile(files);
  return noted && isServerOf(noted.pid, files.cluster) ? noted : null;
}

/**
 * Ends the children that a killed server left: they keep its memory for as long as they are busy.
 * @returns false while they have not quite gone, or a server is on its way in or out.
 */
function clearTheWay(files: Files): boolean {
  const residents = findResidents(files.cluster);
  if (residents.some(({ kind }) => kind === 'server')) return false;
  // Without their server they cannot finish anything; the log of changes covers what they had committed.
  for (const { pid } of residents) kill(pid, 'SIGKILL');
  return residents.length === 0;
}

async function startServer(files: Files, wishes: Wishes, deadline: number): Promise<void> {
  const { settings, signal } = wishes;
  if (wishes.inUse) await refuseForeignHome(files);
  const programs = await findPrograms(files.cluster);
  const { fsync } = settings;
  await prepareCluster(files, programs, fsync !== 'off');
  // A killed server leaves its pid file, whose pid may be another program's by now. Its port is taken again if it
  // is free: users whose server was killed under them find the new one there.
  const before = readPidFile(files)?.port;
  await rm(pidFile(files), { force: true });
  await writeFile(files.home, `${processSpace()}\n`);
  let port = before || (await freePort());
  for (let ports = 1; ; ) {
    const refusal = await launch({ files, programs, settings, port, signal });
    if (refusal === null) return;
    if (NO_PORT.test(refusal.text) && ports++ < 10) port = await freePort();
    else if (TRANSIENT.test(refusal.text) && performance.now() < deadline)
      await pause(100, undefined, { signal });
    else {
      throw new EmbeddedDatabaseError(
        `PostgreSQL did not start: ${refusal.summary}. Its log is ${files.log}.`,
      );
    }
  }
}

/**
 * Two servers on one folder destroy it, and from within a container the server of another cannot be seen. Its users
 * can: their locks are the kernel's.
 */
async function refuseForeignHome(files: Files): Promise<void> {
  const home = await readFile(files.home, 'utf8').catch(() => '');
  if (home.trim() === processSpace()) return;
  throw new EmbeddedDatabaseError(
    `${files.cluster} is in use from another container, which cannot be joined. Stop that first, or give each ` +
      'its own DATA_DIR, or set DATABASE_URL.',
  );
}

/** Somebody else took the port, or it is not for ordinary users. */
const NO_PORT = /could not create any TCP\/IP sockets/;
/** What remains of a predecessor, where `findResidents` cannot see it. */
const TRANSIENT = /pre-existing shared memory block|lock file "postmaster.pid" already exists/;

/** @returns false when the process has ended already. */
function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
    throw error;
  }
}
