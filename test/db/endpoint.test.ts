import { expect, test } from 'vitest';
import { hears } from '../../src/db/endpoint.ts';
import { usePgbouncer } from '../support/pgbouncer.ts';
import { useDatabase } from '../support/postgres.ts';

const database = useDatabase();
const inTransactions = usePgbouncer({ mode: 'transaction', size: 2 });
const inSessions = usePgbouncer({ mode: 'session', size: 5 });

test('a session hears what is said, through a pooler or not', async () => {
  expect(await hears(database.url, database.url)).toBe(true);
  expect(await hears(database.url, inTransactions.through(database.url))).toBe(true);
  expect(await hears(inSessions.through(database.url), database.url)).toBe(true);
});

test('who is given a session for a transaction alone hears nothing, whoever speaks', async () => {
  const pooled = inTransactions.through(database.url);
  expect(await hears(pooled, database.url, 500)).toBe(false);
  expect(await hears(pooled, pooled, 500)).toBe(false);
});
