import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openAllowance } from '../../../src/http/websocket/allowance.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const take = (mayTalk: () => boolean, times: number) =>
  Array.from({ length: times }, mayTalk).filter((may) => may).length;

test('a burst is taken, then as many as a second brings, and never more than a burst', () => {
  const mayTalk = openAllowance(10, 30);
  expect(take(mayTalk, 100)).toBe(30);
  vi.advanceTimersByTime(500);
  expect(take(mayTalk, 100)).toBe(5);
  vi.advanceTimersByTime(60_000);
  expect(take(mayTalk, 100)).toBe(30);
});

test('a steady pace is taken for ever', () => {
  const mayTalk = openAllowance(10, 30);
  for (let n = 0; n < 1_000; n++) {
    expect(mayTalk()).toBe(true);
    vi.advanceTimersByTime(100);
  }
});
