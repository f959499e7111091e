import { sql } from 'drizzle-orm';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import * as tables from './tables.ts';

export type Database = PostgresJsDatabase<typeof tables>;
/** What `db.transaction` hands to its callback; everything that takes a Database takes it too. */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export type Connection = {
  /** Typed queries. */
  readonly db: Database;
  /** The same pool, for what Drizzle has no words for. Timestamps come as text. */
  readonly sql: postgres.Sql;
  readonly close: () => Promise<void>;
};

export type ConnectOptions = {
  /** Most connections held at a time; 10 unless given. */
  readonly max?: number;
  /** How the connection names itself in pg_stat_activity. */
  readonly name?: string;
  /**
   * In ms: the server ends a session that asks nothing for this long in the midst of a transaction; never unless given.
   * So a process that is suspended or cut off does not keep the rows it was changing from all others.
   */
  readonly idleInTransactionMs?: number;
};

/** Opens a pool on `url`. Nothing connects before the first query. */
export function connect(
  url: string,
  { max = 10, name = 'customer-export', idleInTransactionMs = 0 }: ConnectOptions = {},
): Connection {
  const options = {
    max,
    connect_timeout: 10,
    // The library would wait longer and longer, up to 20 s, and so would every request meanwhile.
    backoff: () => 0.25,
    // For a pooler in transaction mode, which gives the session to others after each transaction: a statement that is
    // prepared by name would be missing in the next one, and one that is sent before the answer to the last would be
    // lost half-way, its asker waiting for ever. Sending ahead wins nothing here: the pool has connections enough.
    prepare: false,
    max_pipeline: 0,
    onnotice: () => {},
    connection: {
      application_name: name,
      ...(idleInTransactionMs && { idle_in_transaction_session_timeout: idleInTransactionMs }),
    },
  };
  const client = postgres(url, options);
  const db = drizzle({ client, schema: tables, casing: 'snake_case' });
  return { db, sql: client, close: () => client.end({ timeout: 5 }) };
}

const MIGRATION_LOCK = 740_001;

/**
 * Brings the database to the newest layout, then does what `afterwards` says of it. Processes that start together
 * take turns.
 */
export async function migrateDatabase(
  url: string,
  afterwards: (db: Database) => Promise<void>,
): Promise<void> {
  const { db, close } = connect(url, { max: 1, name: 'customer-export migrations' });
  try {
    await db.execute(sql`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await migrate(db, { migrationsFolder: new URL('./migrations', import.meta.url).pathname });
    await afterwards(db);
  } finally {
    await close();
  }
}
