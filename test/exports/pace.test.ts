import { describe, expect, test } from 'vitest';
import { openPace } from '../../src/exports/pace.ts';
import { fc } from '../support/fast-check.ts';

/** When changes at these instants pass, as a reader does that looks every 5 ms. */
function passesOf(changes: readonly number[]): { at: number; delay: number }[] {
  const pace = openPace();
  const passes: { at: number; delay: number }[] = [];
  let asked = null as { first: number; latest: number } | null;
  let version = 0;
  const left = [...changes];
  const end = (changes.at(-1) ?? 0) + 1_000;
  for (let now = 0; now <= end; now += 5) {
    while (left[0] !== undefined && left[0] <= now) {
      const at = left.shift() ?? 0;
      asked = { first: asked?.first ?? at, latest: at };
    }
    if (asked && pace.allows('key', asked, now)) {
      pace.pass('key', ++version, now);
      passes.push({ at: now, delay: now - asked.latest });
      asked = null;
    }
  }
  return passes;
}

describe('changes', () => {
  test('four times a second pass at once, however they waver', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 50 }), (late) => {
        const passes = passesOf(late.map((ms, i) => i * 250 + ms));
        expect(passes).toHaveLength(late.length);
        expect(Math.max(...passes.map(({ delay }) => delay))).toBeLessThanOrEqual(5);
      }),
    );
  });

  test('without end pass four times a second', () => {
    const passes = passesOf(Array.from({ length: 1_000 }, (_, i) => i * 10));
    expect(passes.length).toBeGreaterThanOrEqual(40);
    expect(passes.length).toBeLessThanOrEqual(42);
  });

  test('at any times pass at most four times a second and once more, and each within 250 ms', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 100 }), (times) => {
        const changes = [...times].sort((a, b) => a - b);
        const passes = passesOf(changes);
        for (const { at } of passes) {
          expect(
            passes.filter((other) => other.at >= at && other.at < at + 1_000).length,
          ).toBeLessThanOrEqual(5);
        }
        // Every change is followed by a pass, which shows the newest state.
        for (const change of changes) {
          expect(passes.some(({ at }) => at >= change && at <= change + 255)).toBe(true);
        }
      }),
    );
  });

  test('after a burst the steady ones pass at once again', () => {
    const burst = [0, 5, 30, 60, 90, 120];
    const steady = Array.from({ length: 12 }, (_, i) => 300 + i * 250);
    expect(
      passesOf([...burst, ...steady])
        .slice(-10)
        .every(({ delay }) => delay <= 5),
    ).toBe(true);
  });
});

test('keys do not wait for each other, and a version that has passed does not count', () => {
  const pace = openPace();
  const now = { first: 0, latest: 0 };
  pace.pass('a', 1, 0);
  pace.pass('a', 1, 0);
  pace.pass('a', 2, 0);
  expect(pace.allows('a', now, 0)).toBe(false);
  expect(pace.allows('b', now, 0)).toBe(true);
  pace.pass('b', 7, 0);
  for (let n = 0; n < 9; n++) pace.pass('b', 7, 0);
  expect(pace.allows('b', { first: 160, latest: 160 }, 160)).toBe(true);
});

test('what is forgotten may pass', () => {
  const pace = openPace();
  pace.pass('a', 1, 0);
  pace.forget(100);
  expect(pace.allows('a', { first: 100, latest: 100 }, 100)).toBe(false);
  pace.forget(251);
  expect(pace.allows('a', { first: 251, latest: 251 }, 251)).toBe(true);
});
