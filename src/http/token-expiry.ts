import type { Viewer } from '../auth/viewer.ts';
import { AccessError } from '../errors.ts';

/** The longest delay that a timer takes, 24 days; what lasts longer ends then, and its client may come back. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls `end` when the caller's token expires, unless the returned function is called before. */
export function onExpiry({ expiresAt }: Viewer, end: () => void): () => void {
  if (expiresAt === null) return () => {};
  const ms = Math.min(Math.max(0, expiresAt.getTime() - Date.now()), LONGEST_MS);
  const timer = setTimeout(end, ms);
  return () => clearTimeout(timer);
}

/**
 * The same stream, which ends with UNAUTHENTICATED when the caller's token expires.
 * Its source must take a `return` while a `next` is waiting.
 */
export function endAtExpiry<T>(source: AsyncIterable<T>, viewer: Viewer): AsyncIterable<T> {
  if (viewer.expiresAt === null) return source;
  return {
    [Symbol.asyncIterator]() {
      const events = source[Symbol.asyncIterator]();
      let hasExpired = false;
      const forget = onExpiry(viewer, () => {
        hasExpired = true;
        void events.return?.();
      });
      return {
        next: async () => {
          const event = await events.next();
          if (!event.done) return event;
          forget();
          if (!hasExpired) return event;
          hasExpired = false;
          throw new AccessError('UNAUTHENTICATED', 'The token has expired.');
        },
        return: async () => {
          forget();
          await events.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
