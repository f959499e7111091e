import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Holds, isHeld, openHolds } from '../../src/exports/holds.ts';
import { eventually } from '../support/eventually.ts';
import { useDatabase } from '../support/postgres.ts';

const { db, url } = useDatabase();
const opened: Holds[] = [];
afterEach(() => Promise.all(opened.splice(0).map((holds) => holds.close())));

function open(options: Partial<Parameters<typeof openHolds>[1]> = {}) {
  const lost: string[] = [];
  const holds = openHolds(url, { onLost: (id) => lost.push(id), ...options });
  opened.push(holds);
  return { ...holds, lost };
}

async function held(id: string): Promise<boolean> {
  const [row] = await db.execute<{ held: boolean }>(sql`select ${isHeld(sql`${id}`)} as held`);
  return row?.held ?? false;
}

/** Cuts the sessions that hold tasks, as a failing network or an operator does. */
async function cutSessions() {
  await db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'customer-export holds'`);
}

describe('a task', () => {
  test('is held by one at a time, and everybody can see that', async () => {
    const [one, other] = [open(), open()];
    const id = randomUUID();
    expect(await held(id)).toBe(false);
    expect(await one.take(id)).toBe(true);
    expect(await other.take(id)).toBe(false);
    expect(await held(id)).toBe(true);
    await one.release(id);
    expect(await held(id)).toBe(false);
    expect(await other.take(id)).toBe(true);
  });

  test('of any id, also one whose first digits make a negative number', async () => {
    const holds = open();
    for (const id of ['ffffffff-0000-4000-8000-000000000000', '00000000-0000-4000-8000-000000000000']) {
      expect(await holds.take(id)).toBe(true);
      expect(await held(id)).toBe(true);
    }
  });

  test('is free as soon as whoever held it has closed', async () => {
    const [one, other] = [open(), open()];
    const id = randomUUID();
    await one.take(id);
    await one.close();
    expect(await other.take(id)).toBe(true);
  });

  test('is free when its process is silent for too long, and the process hears of it when it wakes up', async () => {
    const [silent, other] = [open({ checkMs: 4_000, silenceMs: 300 }), open()];
    const id = randomUUID();
    await silent.take(id);
    await vi.waitFor(async () => expect(await other.take(id)).toBe(true), { timeout: 3_900, interval: 20 });
    expect(silent.lost).toEqual([]);
    await eventually(() => expect(silent.lost).toEqual([id]));
  });

  test('stays held for as long as its process speaks up', async () => {
    const holds = open({ checkMs: 50, silenceMs: 400 });
    const id = randomUUID();
    await holds.take(id);
    const started = performance.now();
    await vi.waitFor(
      async () => {
        expect(await held(id)).toBe(true);
        expect(performance.now() - started).toBeGreaterThan(1_000);
      },
      { timeout: 3_000 },
    );
    expect(holds.lost).toEqual([]);
  });

  test('is held again after a cut, when nobody else was faster', async () => {
    // It does not wait for its next check.
    const holds = open({ checkMs: 600_000 });
    const ids = [randomUUID(), randomUUID()];
    for (const id of ids) await holds.take(id);
    await cutSessions();
    await eventually(async () => expect(await Promise.all(ids.map(held))).toEqual([true, true]));
    expect(holds.lost).toEqual([]);
  });

  test('is lost when somebody else took it during a cut', async () => {
    const [one, other] = [open(), open({ checkMs: 60_000 })];
    const [id, kept] = [randomUUID(), randomUUID()];
    await one.take(id);
    await one.take(kept);
    await db.transaction(async (tx) => {
      // Whoever wants the lock in this very moment stands first in line.
      const taking = Promise.resolve(
        tx.execute(sql`select pg_advisory_xact_lock(740002, ('x' || left(${id}::text, 8))::bit(32)::int)`),
      );
      await eventually(async () => {
        const [row] = await db.execute(
          sql`select 1 from pg_locks where locktype = 'advisory' and not granted
            and database = (select oid from pg_database where datname = current_database())`,
        );
        expect(row).toBeDefined();
      });
      await cutSessions();
      await taking;
      await eventually(() => expect(one.lost).toEqual([id]));
    });
    expect(await held(kept)).toBe(true);
    expect(await other.take(id)).toBe(true);
  });
});
