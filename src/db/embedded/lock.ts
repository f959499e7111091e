import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedDatabaseError, reasonOf } from './error.ts';

export type Lock = { readonly release: () => void };
/** Any number of holders of `shared`, or one of `exclusive`. */
export type LockMode = 'shared' | 'exclusive';

const BUSY = 5;

/** An open file is closed when its object is collected, and its lock is gone: so what is held stays here. */
const held = new Set<DatabaseSync>();

/**
 * Locks a file, which stays empty. The kernel frees the lock when its holder dies, however it dies, so there
 * are no pids to check and nothing stale to break. Node has no file locks of its own; SQLite, which comes with
 * it, has them on every platform, between processes and within one.
 * @param waitMs how long to block the process for it; 0 unless given.
 * @returns null while others hold it.
 */
export function tryLock(path: string, mode: LockMode, waitMs = 0): Lock | null {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path, { timeout: waitMs });
    file.exec('pragma journal_mode = memory'); // no second file beside it
    file.exec(mode === 'exclusive' ? 'begin exclusive' : 'begin; select count(*) from sqlite_schema');
  } catch (cause) {
    file?.close();
    if (isBusy(cause)) return null;
    const message = `The lock file ${path} cannot be used: ${reasonOf(cause)}.`;
    throw new EmbeddedDatabaseError(message, { cause });
  }
  const opened = file;
  held.add(opened);
  return {
    release: () => {
      if (held.delete(opened)) opened.close();
    },
  };
}

/**
 * Locks a file as soon as the others let go of it.
 * @throws {EmbeddedDatabaseError} when they have not after `waitMs`.
 */
export async function waitForLock(
  path: string,
  mode: LockMode,
  { waitMs, signal }: { readonly waitMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Lock> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const lock = tryLock(path, mode);
    if (lock) return lock;
    if (performance.now() > deadline) {
      throw new EmbeddedDatabaseError(
        `Another process has held ${path} for more than ${waitMs / 1000} seconds: it is starting or stopping the database and does not come to an end.`,
      );
    }
    await pause(15, undefined, { signal });
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === BUSY;
}
