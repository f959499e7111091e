import { vi } from 'vitest';

/**
 * Calls `check` until it no longer throws, and returns what it returned. For what must come, however busy
 * the machine is; where a time is promised too, the test says it to `vi.waitFor`.
 */
export const eventually = <T>(
  check: () => T | Promise<T>,
  { timeout = 10_000, interval = 50 }: { readonly timeout?: number; readonly interval?: number } = {},
): Promise<T> => vi.waitFor(check, { timeout, interval });
