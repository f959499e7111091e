import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { openSnapshot } from '../../src/db/snapshot.ts';
import { useDatabase } from '../support/postgres.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const { url, db } = useDatabase();

/** What becomes of opening a snapshot, and `hangs` when nothing does. */
function outcomeOf(opening: ReturnType<typeof openSnapshot>): Promise<unknown> {
  const settled = opening.then(
    (snapshot) => snapshot[Symbol.asyncDispose]().then(() => 'opened'),
    (error: unknown) => error,
  );
  return Promise.race([settled, delay(3_000, 'hangs', { ref: false })]);
}

test('a snapshot that is given up while its connections are being made fails at once', async () => {
  const proxy = await startTcpProxy(url);
  try {
    proxy.silence();
    const giveUp = new AbortController();
    const opening = openSnapshot(proxy.url, { readers: 2, name: 'given up', signal: giveUp.signal });
    const outcome = outcomeOf(opening);
    await delay(50);
    giveUp.abort(new Error('It is wanted no more.'));
    expect(await outcome).toMatchObject({ message: 'It is wanted no more.' });
  } finally {
    await proxy.close();
  }
});

test('a snapshot whose connections are ended while they are being made is had or fails, and does not hang', {
  timeout: 60_000,
}, async () => {
  const stop = new AbortController();
  // One connection of a snapshot each time, again and again: the other one is left waiting with what this one was for.
  const ending = (async () => {
    while (!stop.signal.aborted) {
      await db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'ended' order by random() limit 1`);
      await delay(Math.random() * 10);
    }
  })();
  const outcomes: unknown[] = [];
  for (let round = 0; round < 100; round++) {
    const { signal } = new AbortController();
    outcomes.push(await outcomeOf(openSnapshot(url, { readers: 2, name: 'ended', signal })));
    if (outcomes.includes('hangs')) break;
  }
  stop.abort();
  await ending;
  expect(outcomes).not.toContain('hangs');
  expect(outcomes.some((outcome) => outcome instanceof Error)).toBe(true);
});
