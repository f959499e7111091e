import { spawn } from 'node:child_process';
import { type FileHandle, open, readFile, rename, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { pathFor } from './cluster.ts';
import { complaintIn } from './error.ts';
import type { Files } from './files.ts';
import { readPidFile } from './pid-file.ts';
import { environment, type Programs } from './programs.ts';
import type { Settings } from './settings.ts';

/** Why a server ended before it was ready. */
export type Refusal = {
  /** All it said. */
  readonly text: string;
  /** The line that says why. */
  readonly summary: string;
};

const LOG_LIMIT = 16 * 1024 * 1024;

/**
 * Starts the server, as nobody's child: it has a session of its own, so that Ctrl-C or a closed terminal, which
 * reach all of a command's processes, leave it to those that still drain; and it outlives us for the others.
 * @returns null when it is ready, else why it ended.
 */
export async function launch(given: {
  readonly files: Files;
  readonly programs: Programs;
  readonly settings: Settings;
  readonly port: number;
  readonly signal: AbortSignal | undefined;
}): Promise<Refusal | null> {
  const { files, programs, port } = given;
  const settings: Settings = {
    ...given.settings,
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await using log = await openLog(files);
  const { size: before } = await log.stat();
  const server = spawn(programs.postgres, ['-D', pathFor(programs.account, files.cluster), ...flags], {
    ...programs.account.ids,
    cwd: files.cluster,
    env: environment,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  server.unref();
  let ended: string | null = null;
  server.once('error', (error) => {
    ended = error.message;
  });
  server.once('exit', (code, signal) => {
    ended = `it ended at once (${signal ?? `exit status ${code}`})`;
  });
  try {
    while (ended === null) {
      const noted = readPidFile(files);
      if (noted?.pid === server.pid && noted?.ready) return null;
      await pause(10, undefined, { signal: given.signal });
    }
  } catch (aborted) {
    server.kill('SIGINT');
    throw aborted;
  }
  const text = (await readFile(files.log)).subarray(before).toString();
  return { text, summary: complaintIn(text) ?? ended };
}

/** What the log says of before stays; one that has grown large becomes `postgres.log.1`. */
async function openLog({ log }: Files): Promise<FileHandle> {
  const size = await stat(log).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_LIMIT) await rename(log, `${log}.1`);
  return await open(log, 'a', 0o600);
}
