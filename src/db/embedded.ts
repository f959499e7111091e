import { type Files, prepareFiles } from './embedded/files.ts';
import { type Lock, tryLock, waitForLock } from './embedded/lock.ts';
import { askToStop, ensureServer, START_MS, stopServer } from './embedded/server.ts';
import { type Settings, settingsFor, thisMachine } from './embedded/settings.ts';

export { EmbeddedDatabaseError } from './embedded/error.ts';

export type EmbeddedDatabase = {
  /** Where to connect, password included: not for logs. It changes from one start of the server to the next. */
  readonly url: string;
  /** Leaves. The last to leave stops the server and waits for its end; repeated calls share the first's outcome. */
  readonly close: () => Promise<void>;
};

export type EmbeddedDatabaseOptions = {
  /**
   * PostgreSQL settings over the usual ones, such as `{ fsync: 'off' }` for tests. They count for the process that
   * starts the server; who joins it takes it as it is.
   */
  readonly settings?: Settings;
  /** Gives up waiting for the server, or for others that are starting or stopping it. */
  readonly signal?: AbortSignal;
};

/**
 * A real PostgreSQL without an installation, with its data in `dataDir`. It is one server for any number of our
 * processes: the first starts it, others join, the last one stops it, whichever that is. A process that dies
 * without leaving counts no more from that moment; if it was the last, the server runs on until the next comer leaves.
 *
 * PostgreSQL refuses to run as root; for root it runs as the system's user `postgres`, which is made if need be.
 * @param dataDir made when it is not there.
 * @throws {EmbeddedDatabaseError} with a sentence for the operator.
 */
export async function openEmbeddedDatabase(
  dataDir: string,
  { settings = {}, signal }: EmbeddedDatabaseOptions = {},
): Promise<EmbeddedDatabase> {
  const files = await prepareFiles(dataDir);
  // Joining and leaving take turns, so that nobody joins a server that somebody else has decided to stop.
  const gate = await waitForLock(files.gate, 'exclusive', { waitMs: START_MS, signal });
  try {
    const inUse = !isUnused(files);
    const presence = await waitForLock(files.users, 'shared', { waitMs: 1000, signal });
    try {
      const all = { ...settingsFor(thisMachine()), ...settings };
      const url = await ensureServer(files, { settings: all, inUse, signal });
      return { url, close: leaving(files, presence) };
    } catch (error) {
      presence.release();
      if (isUnused(files)) await stopServer(files);
      throw error;
    }
  } finally {
    gate.release();
  }
}

function leaving(files: Files, presence: Lock): () => Promise<void> {
  const hasty = () => leaveInHaste(files, presence);
  process.once('exit', hasty);
  let left: Promise<void> | undefined;
  return () => {
    process.off('exit', hasty);
    left ??= leave(files, presence);
    return left;
  };
}

async function leave(files: Files, presence: Lock): Promise<void> {
  try {
    const gate = await waitForLock(files.gate, 'exclusive', { waitMs: START_MS });
    try {
      presence.release();
      if (isUnused(files)) await stopServer(files);
    } finally {
      gate.release();
    }
  } finally {
    presence.release();
  }
}

/** For a process that ends without closing. It cannot wait any more: asking the server to stop must do. */
function leaveInHaste(files: Files, presence: Lock): void {
  presence.release();
  try {
    const gate = tryLock(files.gate, 'exclusive', 500);
    if (gate && isUnused(files)) askToStop(files);
    gate?.release();
  } catch {
    // DATA_DIR is gone, say. The process is ending, for a reason of its own that matters more.
  }
}

/** Whether no process uses the server. Only while holding the gate: nobody can come meanwhile. */
function isUnused(files: Files): boolean {
  const alone = tryLock(files.users, 'exclusive');
  alone?.release();
  return alone !== null;
}
