import { GraphQLError } from 'graphql';
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { anonymous, type Viewer } from '../auth/viewer.ts';
import type { Origin } from '../exports/audit.ts';
import { HttpError } from './respond.ts';

/** Counts one call. Resolves to how many seconds the caller has to wait first; 0 = go on. */
export type RateLimit = (viewer: Viewer, origin: Origin) => Promise<number>;

/** A burst may hold this many minutes' worth more, once in … */
const BURST_MINUTES = 4;
/** … so many seconds. */
const BURST_SECONDS = 600;

/**
 * A limit for each caller, and where nobody says who they are for each address. It is a fuse against scripts gone wild,
 * counted in this process alone; `perMinute` 0 = no limit.
 */
export function createRateLimit(perMinute: number): RateLimit {
  if (perMinute === 0) return async () => 0;
  const limiter = new BurstyRateLimiter(
    new RateLimiterMemory({ keyPrefix: 'rate', points: perMinute, duration: 60 }),
    new RateLimiterMemory({ keyPrefix: 'burst', points: BURST_MINUTES * perMinute, duration: BURST_SECONDS }),
  );
  return async (viewer, { ip }) => {
    try {
      await limiter.consume(viewer === anonymous ? `address ${ip}` : `subject ${viewer.subject}`);
      return 0;
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
    }
  };
}

const message = (seconds: number) => `Too many calls: try again in ${seconds} seconds.`;

/** @throws {HttpError} 429 LIMIT_REACHED for one call too many. */
export async function limitRest(limit: RateLimit, viewer: Viewer, origin: Origin): Promise<void> {
  const seconds = await limit(viewer, origin);
  if (seconds === 0) return;
  throw new HttpError(429, 'LIMIT_REACHED', message(seconds), { 'retry-after': `${seconds}` });
}

/** @throws {GraphQLError} RATE_LIMITED for one operation too many; over HTTP also a 429. */
export async function limitGraphql(limit: RateLimit, viewer: Viewer, origin: Origin): Promise<void> {
  const seconds = await limit(viewer, origin);
  if (seconds === 0) return;
  throw new GraphQLError(message(seconds), {
    extensions: {
      code: 'RATE_LIMITED',
      http: { status: 429, headers: { 'retry-after': `${seconds}` } },
    },
  });
}
