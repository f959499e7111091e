import postgres from 'postgres';
import { afterAll, beforeAll, inject } from 'vitest';
import { type Connection, connect } from '../../src/db/client.ts';

let count = 0;

/** A migrated database of the test file's own: cloned before its tests, dropped after them. */
export function useDatabase(): {
  readonly url: string;
  readonly db: Connection['db'];
  readonly sql: Connection['sql'];
} {
  const name = `test_${process.pid}_${++count}`;
  const url = `${inject('postgresServer')}${name}`;
  const connection = connect(url);
  beforeAll(() => administer((sql) => sql`create database ${sql(name)} template template_migrated`));
  afterAll(async () => {
    await connection.close();
    await administer((sql) => sql`drop database ${sql(name)} with (force)`);
  });
  return { url, db: connection.db, sql: connection.sql };
}

async function administer(statement: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(`${inject('postgresServer')}postgres`, { max: 1, onnotice: () => {} });
  try {
    await statement(sql);
  } finally {
    await sql.end();
  }
}
