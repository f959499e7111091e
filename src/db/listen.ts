import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import type { Database } from './client.ts';

/** How often the connection has to prove that it hears. */
const HEARTBEAT_MS = 10_000;
/** How long it may take until the proof is heard. */
const ECHO_MS = 5_000;
/** Marks what listeners say to themselves. */
const ECHO = 'echo ';

export type ListenOptions = {
  /** Called with the payload of every notification. */
  readonly onNotify: (payload: string) => void;
  /** Called when it hears from now on, at first and again: what was said before may have been missed. */
  readonly onListening: () => void;
  readonly heartbeatMs?: number;
  readonly echoMs?: number;
};

/**
 * Listens to a channel on one connection of its own until it is closed: a connection that was cut comes back, and one
 * whose other end went without a word is found out, because it does not hear itself any more, and is replaced.
 * What it says to itself goes through `db`. Rejects when the first connection cannot be made.
 */
export async function listen(
  db: Database,
  databaseUrl: string,
  channel: string,
  { onNotify, onListening, heartbeatMs = HEARTBEAT_MS, echoMs = ECHO_MS }: ListenOptions,
): Promise<{ readonly close: () => Promise<void> }> {
  const echo = ECHO + randomUUID();
  let connection = connect(databaseUrl);
  let closed = false;
  let awaited: NodeJS.Timeout | null = null;

  const stopWaiting = () => {
    if (awaited !== null) clearTimeout(awaited);
    awaited = null;
  };
  const attend = async () => {
    const attending = connection;
    const isCurrent = () => !closed && attending === connection;
    const hear = (payload: string) => {
      if (!isCurrent()) return;
      if (payload === echo) stopWaiting();
      else if (!payload.startsWith(ECHO)) onNotify(payload);
    };
    await attending.listen(channel, hear, () => {
      if (isCurrent()) onListening();
    });
  };
  const replace = () => {
    awaited = null;
    const deaf = connection;
    connection = connect(databaseUrl);
    void deaf.end({ timeout: 0 });
    attend().catch(() => {}); // the database is away: after the next heartbeat it is tried again
  };
  const beat = () => {
    if (awaited !== null) return;
    awaited = setTimeout(replace, echoMs);
    // Where nothing can be said, silence proves nothing.
    db.execute(sql`select pg_notify(${channel}, ${echo})`).catch(stopWaiting);
  };

  try {
    await attend();
  } catch (error) {
    await connection.end({ timeout: 0 });
    throw error;
  }
  const heartbeat = setInterval(beat, heartbeatMs);
  return {
    close: async () => {
      closed = true;
      clearInterval(heartbeat);
      stopWaiting();
      await connection.end({ timeout: 0 });
    },
  };
}

function connect(databaseUrl: string): postgres.Sql {
  return postgres(databaseUrl, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'customer-export listener' },
  });
}
