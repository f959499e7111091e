/** A key passes once in this time. */
const PERIOD_MS = 250;
/** By this much a pass may come early, so that changes four times a second pass however unevenly they arrive. */
const SLACK_MS = 100;

/** When it was asked that a key may pass, for the first and for the latest time since it last did. */
export type Asked = { readonly first: number; readonly latest: number };

/** Lets each of many keys pass four times a second. Instants are those of `performance.now()`. */
export type Pace = {
  /** Whether the key may pass now. */
  readonly allows: (key: string, asked: Asked, now: number) => boolean;
  /** The key passes, with the version of its state; with one that passed before it does not count. */
  readonly pass: (key: string, version: number, now: number) => void;
  /** Lets go of keys that may pass anyway. */
  readonly forget: (now: number) => void;
};

/**
 * A generic cell rate: over a longer time once in 250 ms. Who asks too early waits until it is asked again, and 250 ms
 * at most: waiting for the earliest instant would hold back every later change of a steady row by the same time.
 */
export function openPace(): Pace {
  const keys = new Map<string, { readonly version: number; readonly next: number }>();
  return {
    allows: (key, asked, now) => {
      const earliest = (keys.get(key)?.next ?? 0) - SLACK_MS;
      return asked.latest >= earliest || now >= Math.max(earliest, asked.first + PERIOD_MS);
    },
    pass: (key, version, now) => {
      const last = keys.get(key);
      if (last && version <= last.version) return;
      keys.set(key, { version, next: Math.max(now, last?.next ?? 0) + PERIOD_MS });
    },
    forget: (now) => {
      for (const [key, { next }] of keys) if (next < now) keys.delete(key);
    },
  };
}
