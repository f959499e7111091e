import type { GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Viewer } from '../auth/viewer.ts';
import { AccessError } from '../errors.ts';
import type { Context } from '../graphql/context.ts';

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
 * Ends subscriptions over HTTP when the token of their request expires, with an error as their last event.
 * A WebSocket is closed as a whole instead, which lets its client come back with a new token.
 */
export function useTokenExpiry(
  mask: (error: unknown) => GraphQLError,
): Plugin<Context & { readonly res?: unknown }> {
  const lastResult = () => ({
    errors: [mask(new AccessError('UNAUTHENTICATED', 'The token has expired.'))],
  });
  return {
    onSubscribe: ({ args: { contextValue } }) => {
      const { viewer, res } = contextValue;
      if (res === undefined || viewer.expiresAt === null) return undefined;
      return {
        onSubscribeResult: ({ result, setResult }) => {
          if (isAsyncIterable(result)) setResult(endAtExpiry(result, viewer, lastResult));
        },
      };
    },
  };
}

/** The source must take a `return` while a `next` is waiting. */
function endAtExpiry<T>(
  source: AsyncIterable<T>,
  viewer: Viewer,
  lastResult: () => T,
): AsyncIterableIterator<T> {
  const results = source[Symbol.asyncIterator]();
  let hasExpired = false;
  const forget = onExpiry(viewer, () => {
    hasExpired = true;
    void results.return?.();
  });
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () => {
      const result = await results.next();
      if (!result.done) return result;
      forget();
      if (!hasExpired) return result;
      hasExpired = false;
      return { done: false, value: lastResult() };
    },
    return: async () => {
      forget();
      await results.return?.();
      return { done: true, value: undefined };
    },
  };
}
