import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { checkDatabases } from '../../src/app/check-databases.ts';
import { ConfigError } from '../../src/config.ts';
import { usePgbouncer } from '../support/pgbouncer.ts';
import { useDatabase } from '../support/postgres.ts';
import { startServer } from '../support/process.ts';

const database = useDatabase();
const other = useDatabase();
const dropped = ['idle_session_timeout', 'statement_timeout', 'lock_timeout', 'jit'];
const poolers = {
  transaction: usePgbouncer({ mode: 'transaction', size: 2 }),
  // Set so as to swallow what it would refuse; then only silence tells.
  swallowing: usePgbouncer({ mode: 'transaction', size: 2, ignore: dropped }),
  session: usePgbouncer({ mode: 'session', size: 20, ignore: dropped }),
  statement: usePgbouncer({ mode: 'statement', size: 2 }),
};

type Given = { readonly url: string; readonly directUrl?: string; readonly readUrl?: string };

async function faultsOf({ url, directUrl = url, readUrl }: Given): Promise<readonly string[]> {
  const servers = { kind: 'server', url, directUrl, readUrl: readUrl ?? null } as const;
  try {
    await checkDatabases(servers, new Set(['worker']));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

test('PostgreSQL itself will do for everything', async () => {
  expect(await faultsOf({ url: database.url })).toEqual([]);
  expect(await faultsOf({ url: database.url, readUrl: database.url })).toEqual([]);
});

test('so it will for a user who is no superuser', async () => {
  await database.db.execute(sql`create role plain login password 'plain'`);
  const url = new URL(database.url);
  url.username = 'plain';
  url.password = 'plain';
  expect(await faultsOf({ url: url.href, readUrl: url.href })).toEqual([]);
  await database.db.execute(sql`drop role plain`);
});

test.each(['transaction', 'swallowing', 'session'] as const)(
  'a %s pooler will do for the short transactions, with PostgreSQL itself beside it',
  async (name) => {
    expect(await faultsOf({ url: poolers[name].through(database.url), directUrl: database.url })).toEqual([]);
  },
);

test.each(['transaction', 'swallowing', 'session', 'statement'] as const)(
  'a %s pooler will not do where a session is needed',
  async (name) => {
    const pooled = poolers[name].through(database.url);
    expect(await faultsOf({ url: pooled })).toEqual([
      expect.stringMatching(
        /^DATABASE_URL goes through a connection pooler .* set DATABASE_DIRECT_URL as well/,
      ),
    ]);
    expect(await faultsOf({ url: database.url, directUrl: pooled })).toEqual([
      expect.stringMatching(/^DATABASE_DIRECT_URL goes through a connection pooler/),
    ]);
    expect(await faultsOf({ url: database.url, readUrl: pooled })).toEqual([
      expect.stringMatching(/^DATABASE_READ_URL goes through a connection pooler/),
    ]);
  },
);

test('a pooler of single statements will not do at all', async () => {
  const pooled = poolers.statement.through(database.url);
  expect(await faultsOf({ url: pooled, directUrl: database.url })).toEqual([
    expect.stringMatching(/^DATABASE_URL goes through a pooler in statement mode/),
  ]);
});

test('two databases are told from one', async () => {
  expect(await faultsOf({ url: database.url, directUrl: other.url })).toEqual([
    expect.stringMatching(/^DATABASE_DIRECT_URL leads to another database/),
  ]);
  expect(await faultsOf({ url: database.url, readUrl: other.url })).toEqual([
    expect.stringMatching(/^DATABASE_READ_URL must lead to a streaming replica/),
  ]);
});

describe('a server that lets nobody in', () => {
  const changed = (change: Partial<Pick<URL, 'username' | 'password' | 'pathname'>>) =>
    Object.assign(new URL(database.url), change).href;

  test.each([
    ['a role that is not there', { username: 'nobody' }, /"nobody"/],
    ['a database that is not there', { pathname: '/nowhere' }, /database "nowhere" does not exist/],
  ])('says so of %s, and of which setting', async (_, change, reason) => {
    const url = changed(change);
    for (const [name, given] of [
      ['DATABASE_URL', { url }],
      ['DATABASE_DIRECT_URL', { url: database.url, directUrl: url }],
      ['DATABASE_READ_URL', { url: database.url, readUrl: url }],
    ] as const) {
      const [fault, ...others] = await faultsOf(given);
      expect(others).toEqual([]);
      expect(fault).toMatch(new RegExp(`^${name} is refused by the server it leads to: `));
      expect(fault).toMatch(reason);
    }
  });
});

test('the program says what is wrong, holds no password, and ends with status 2', async () => {
  const url = poolers.transaction.through(database.url);
  const server = startServer({ env: { DATABASE_URL: url } });
  server.ready.catch(() => {});
  expect(await server.ended).toBe(2);
  expect(server.output()).toMatch(/^DATABASE_URL goes through a connection pooler .*\.\n$/m);
  expect(server.output()).not.toContain('postgresql://');
});
