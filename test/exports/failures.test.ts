import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { diagnose, isDatabaseAway } from '../../src/exports/failures.ts';
import { StorageError } from '../../src/storage/storage.ts';
import { useDatabase } from '../support/postgres.ts';

const database = useDatabase();

async function faultOf(act: () => Promise<unknown>): Promise<unknown> {
  return act().then(
    () => {
      throw new Error('That was to fail.');
    },
    (error: unknown) => error,
  );
}

const storageFault = (code: 'STORAGE_FULL' | 'STORAGE_UNAVAILABLE', retryable: boolean) =>
  new StorageError(code, 'the path /data/x', { cause: null, retryable });

describe('a fault of the storage', () => {
  test.each([
    [storageFault('STORAGE_FULL', false), 'STORAGE_FULL', false],
    [storageFault('STORAGE_UNAVAILABLE', true), 'STORAGE_UNAVAILABLE', true],
    [storageFault('STORAGE_UNAVAILABLE', false), 'STORAGE_UNAVAILABLE', false],
  ])('%s is told as such, and tried again only when it passes', (error, code, passing) => {
    expect(diagnose(error)).toMatchObject({ code, passing, retryable: true });
  });
});

describe('a fault of the database that passes', () => {
  test('is a server that is not there', async () => {
    const absent = postgres('postgresql://postgres@127.0.0.1:1/x', { max: 1, backoff: () => 0 });
    const error = await faultOf(() => absent`select 1`);
    await absent.end();
    expect(diagnose(error)).toMatchObject({ code: 'DATABASE_UNAVAILABLE', passing: true });
  });

  test('is a connection that is cut, also below Drizzle', async () => {
    const error = await faultOf(() =>
      database.db.transaction(async (tx) => {
        const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
        const sleeping = Promise.resolve(tx.execute(sql`select pg_sleep(20)`));
        await Promise.all([sleeping, database.db.execute(sql`select pg_terminate_backend(${row?.pid})`)]);
      }),
    );
    expect(isDatabaseAway(error)).toBe(true);
  });

  test.each(['40001', '40P01', '53300', '57P01', '57P03', '55P03', '25P03', '08006'])(
    'is SQLSTATE %s',
    (code) => {
      const cause = Object.assign(new Error('select secret'), { code });
      const { passing, message } = diagnose(new Error('Failed query', { cause }));
      expect(passing).toBe(true);
      expect(message).not.toContain('secret');
    },
  );
});

describe('a fault of ours', () => {
  test.each(['42601', '42P01', '23505', '22P02', '28P01', '3D000'])('is SQLSTATE %s', (code) => {
    const error = Object.assign(new Error('select secret'), { code });
    expect(diagnose(error)).toMatchObject({ code: 'INTERNAL_ERROR', passing: false, retryable: false });
  });

  test('is whatever else is thrown, and its words stay here', () => {
    for (const error of [new Error('secret'), new TypeError('secret'), 'secret', null, undefined]) {
      const { code, message, passing } = diagnose(error);
      expect([code, passing]).toEqual(['INTERNAL_ERROR', false]);
      expect(message).not.toContain('secret');
    }
  });
});
