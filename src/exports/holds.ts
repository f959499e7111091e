import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import postgres from 'postgres';

/**
 * Which tasks a process runs. For each it holds an advisory lock in one session; so the server itself knows whether
 * anybody runs a task. It forgets a process that dies at once, and one that is suspended or cut off after SILENCE_MS.
 *
 * This decides who may begin, soon after a crash. What keeps a late worker from harm is the attempt's number.
 */
export type Holds = {
  /** Takes a task. False when somebody has it. */
  readonly take: (taskId: string) => Promise<boolean>;
  /** Lets go of a task. Never throws: a lock that cannot be given back is gone with its session. */
  readonly release: (taskId: string) => Promise<void>;
  /** Lets go of everything. */
  readonly close: () => Promise<void>;
};

export type HoldsOptions = {
  /** Told once of a task that is held no longer, or that cannot be told from one: whoever runs it must stop. */
  readonly onLost: (taskId: string) => void;
  /** In ms; 2,000 unless given. */
  readonly checkMs?: number;
  /** In ms: how long a session may be silent before the server ends it; 8,000 unless given. */
  readonly silenceMs?: number;
};

/** The first of the two numbers of our advisory locks; the other one is the first 32 bits of the task's id. */
const LOCKS = 740_002;

/** Whether anybody runs the task of this id. */
export function isHeld(id: SQLWrapper): SQL {
  return sql`exists (
    select from pg_locks where locktype = 'advisory' and granted and objsubid = 2
      and database = (select oid from pg_database where datname = current_database())
      and classid = ${sql.raw(`${LOCKS}`)} and objid = ('x' || left(${id}::text, 8))::bit(32)::bigint::oid)`;
}

/** Opens a session for the tasks of this process. Nothing connects before the first call. */
export function openHolds(databaseUrl: string, options: HoldsOptions): Holds {
  const { onLost, checkMs = 2_000, silenceMs = 8_000 } = options;
  const held = new Set<string>();
  let confirmedAt = performance.now();
  let checking = false;
  let closed = false;

  const connect = () =>
    postgres(databaseUrl, {
      max: 1,
      max_lifetime: null,
      connect_timeout: 5,
      backoff: () => 0.1,
      onnotice: () => {},
      // The locks are gone with the session: another one takes them again, if nobody was faster.
      onclose: () => {
        if (!closed && held.size > 0) setTimeout(check, 0);
      },
      connection: { application_name: 'customer-export holds', idle_session_timeout: silenceMs },
    });
  let client = connect();

  /** Speaks to the server, so that the session lives, and takes again what the session does not hold. */
  const takeAgain = async (): Promise<string[]> => {
    const rows = await client<{ id: string; taken: boolean }[]>`
      select id, pg_try_advisory_lock(${LOCKS}::int, ('x' || left(id, 8))::bit(32)::int) as taken
      from unnest(${[...held]}::text[]) id
      where not exists (
        select from pg_locks where locktype = 'advisory' and granted and objsubid = 2 and pid = pg_backend_pid()
          and classid = ${LOCKS}::int::oid and objid = ('x' || left(id, 8))::bit(32)::bigint::oid)`;
    return rows.filter(({ taken }) => !taken).map(({ id }) => id);
  };
  const lose = (ids: Iterable<string>) => {
    for (const id of ids) if (held.delete(id)) onLost(id);
  };
  const check = async () => {
    if (checking || closed) return;
    checking = true;
    try {
      lose(await within(silenceMs / 2, takeAgain()));
      confirmedAt = performance.now();
    } catch (error) {
      if (error instanceof Silence) {
        // Nobody answers and nobody hangs up.
        client.end({ timeout: 0 }).catch(() => {});
        client = connect();
      }
      // By now the server has ended the session, and somebody else may have begun.
      if (performance.now() - confirmedAt > silenceMs + checkMs) lose([...held]);
    } finally {
      checking = false;
    }
  };
  const timer = setInterval(check, checkMs);

  return {
    take: async (id) => {
      const [row] = await client<{ taken: boolean }[]>`
        select pg_try_advisory_lock(${LOCKS}::int, ('x' || left(${id}::text, 8))::bit(32)::int) as taken`;
      if (row?.taken) held.add(id);
      return row?.taken ?? false;
    },
    release: async (id) => {
      if (!held.delete(id)) return;
      await client`select pg_advisory_unlock(${LOCKS}::int, ('x' || left(${id}::text, 8))::bit(32)::int)`.catch(
        () => {},
      );
    },
    close: async () => {
      closed = true;
      clearInterval(timer);
      held.clear();
      await client.end({ timeout: 1 });
    },
  };
}

class Silence extends Error {
  override name = 'Silence';
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  answer.catch(() => {}); // also when it fails after the time is up
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Silence('The database does not answer.')), ms);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
