import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { kinds } from './rounds/faults.ts';
import { type Lane, nothingSeen, openLane } from './rounds/lane.ts';

// Processes start and fail here; a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

/* The shortest of the long runs of `npm run test:faults`: what it would miss here, it would miss for hours. */

let lane: Lane;
beforeAll(async () => {
  lane = await openLane(1);
});
afterAll(() => lane[Symbol.asyncDispose]());

test.each(['kill -9 of a worker', 'PostgreSQL crashes'])(
  '%s, while customers are written: every export is done, as of one point in time',
  async (name) => {
    const fault = kinds['any']?.find((candidate) => candidate.name === name);
    if (!fault) throw new Error(`There is no fault "${name}".`);
    const round = await lane.play(fault);
    expect(round.wrong).toEqual([]);
    for (const outcome of round.outcomes) expect(outcome).toMatch(/^COMPLETED/);
  },
);

test('nothing is left of them, and nobody wrote too late', async () => {
  const end = await lane.end();
  expect(end).toEqual({ ...nothingSeen, changes: expect.any(Number) });
  expect(end.changes).toBeGreaterThan(10);
});
