import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { Unavailable } from '../errors.ts';

/** Keys older than this are fetched again, so that one taken out of the set is not accepted for longer. */
const FRESH_MS = 10 * 60_000;
/** Between two fetches, whatever came of the first: random `kid`s and outages cost two requests a minute. */
const COOLDOWN_MS = 30_000;
/** The same while no key is known, when nobody can get in. */
const FIRST_COOLDOWN_MS = 5_000;
/** How long known keys go on working while the set cannot be fetched. */
const OUTAGE_MS = 24 * 3_600_000;
const TIMEOUT_MS = 5_000;

/**
 * The keys at a JWKS URL: fetched when first needed, when they grow old, and when a token names an unknown one.
 * Nothing is fetched here: an issuer that is down does not keep the server from starting. While no key is known it
 * throws {@link Unavailable}: the token may be good, and its owner is not to throw it away.
 *
 * jose's own cache forgets its keys when they are ten minutes old and the issuer is down, and asks again for every
 * unknown `kid` as long as asking fails; so it is told never to fetch by itself, and fetches when this says so.
 */
export function openKeySet(url: URL, log: Logger): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: Number.POSITIVE_INFINITY,
    cacheMaxAge: Number.POSITIVE_INFINITY,
  });
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let failing = false;
  let pending: Promise<void> | null = null;

  const isKnown = () => Date.now() - fetchedAt < OUTAGE_MS;

  /** Fetches unless it has just been tried; whoever comes meanwhile waits for the same answer. Never throws. */
  const refresh = (): Promise<void> => {
    if (pending) return pending;
    if (Date.now() - askedAt < (isKnown() ? COOLDOWN_MS : FIRST_COOLDOWN_MS)) return Promise.resolve();
    askedAt = Date.now();
    pending = keys
      .reload()
      .then(
        () => {
          fetchedAt = Date.now();
          if (failing) log.info('the keys at JWT_JWKS_URL can be fetched again');
          failing = false;
        },
        (error: unknown) => {
          failing = true;
          log.warn({ err: error, known: isKnown() }, 'cannot fetch the keys at JWT_JWKS_URL');
        },
      )
      .finally(() => {
        pending = null;
      });
    return pending;
  };

  return async (header, token) => {
    if (Date.now() - fetchedAt >= FRESH_MS) {
      const refreshed = refresh();
      // In an outage nobody waits for a timeout to be told what is known already.
      if (!isKnown() || !failing) await refreshed;
    }
    if (!isKnown()) throw new Unavailable('No key at JWT_JWKS_URL could be fetched yet.');
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      return keys(header, token);
    }
  };
}
