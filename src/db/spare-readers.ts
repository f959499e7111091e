import { setTimeout as delay } from 'node:timers/promises';
import type { ReservedSql } from 'postgres';
import { connectReaders, type Readers } from './readers.ts';

/** Connections whose snapshot is over, for the next one: to make them and all that they need takes 0.1 s and more. */
export type SpareReaders = {
  /** Takes some that were kept, or connects, with the parameters and errors of `connectReaders`. */
  readonly take: typeof connectReaders;
  /** Ends their transaction and keeps them for a while. Nothing may be running on them. */
  readonly keep: (readers: Readers) => Promise<void>;
  /** Closes those that are kept, and keeps none any more. */
  readonly close: () => Promise<void>;
};

/** So long they wait for the next snapshot. */
const KEEP_MS = 60_000;
/** Older ones are not kept again: with them goes what the server has prepared for queries that nobody asks any more. */
const MAX_AGE_MS = 600_000;
/** A connection that has not answered by then is given up. */
const ANSWER_MS = 1_000;
const SPARE = 'customer-export spare';

export function openSpareReaders(): SpareReaders {
  const spare = new Map<Readers, NodeJS.Timeout>();
  let closed = false;

  const forget = (readers: Readers) => {
    clearTimeout(spare.get(readers));
    spare.delete(readers);
  };
  const end = async (readers: Readers) => {
    forget(readers);
    await readers.end();
  };

  return {
    async take(url, count, name, signal) {
      for (const readers of spare.keys()) {
        if (readers.url !== url || readers.connections.length !== count) continue;
        forget(readers);
        if (await succeeds(readers, (connection) => rename(connection, name))) return readers;
        await readers.end();
      }
      const readers = await connectReaders(url, count, name, signal);
      readers.lost.addEventListener('abort', () => end(readers), { once: true });
      return readers;
    },
    async keep(readers) {
      const reset = async (connection: ReservedSql) => {
        await connection.unsafe('rollback');
        await rename(connection, SPARE);
      };
      const fit = performance.now() - readers.since < MAX_AGE_MS && (await succeeds(readers, reset));
      if (!fit || closed || readers.lost.aborted) return await readers.end();
      spare.set(readers, setTimeout(end, KEEP_MS, readers).unref());
    },
    async close() {
      closed = true;
      await Promise.all([...spare.keys()].map(end));
    },
  };
}

function rename(connection: ReservedSql, name: string): PromiseLike<unknown> {
  return connection`select set_config('application_name', ${name}, false)`;
}

/** Whether all of them do this in time. */
async function succeeds(
  { connections }: Readers,
  act: (connection: ReservedSql) => PromiseLike<unknown>,
): Promise<boolean> {
  const over = new AbortController();
  const late = delay(ANSWER_MS, false, { signal: over.signal }).catch(() => false);
  const done = Promise.all(connections.map(act)).then(
    () => true,
    () => false,
  );
  return await Promise.race([done, late]).finally(() => over.abort());
}
