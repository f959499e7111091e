/** Numbers that look random and are the same for the same seed, everywhere. */
export type Random = {
  /** From 0 to below 1. */
  readonly fraction: () => number;
  /** A whole number from 0 to below `limit`. */
  readonly below: (limit: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
  /** Around 0, two thirds of them from -1 to 1. */
  readonly normal: () => number;
};

/** A stream of random numbers; `stream` makes as many of a seed as are wanted. Both are whole numbers of 32 bits. */
export function createRandom(seed: number, stream: number): Random {
  let state = scramble(seed ^ scramble(stream));
  // Mulberry32: fast, and good enough for people who do not exist.
  const fraction = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(fraction() * limit);
  return {
    fraction,
    below,
    chance: (probability) => fraction() < probability,
    pick(list) {
      const picked = list[below(list.length)];
      if (picked === undefined) throw new RangeError('There is nothing to pick from.');
      return picked;
    },
    normal: () => (fraction() + fraction() + fraction() + fraction() - 2) * Math.sqrt(3),
  };
}

/** The seed that a text stands for. */
export function readSeed(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return scramble(hash);
}

/** MurmurHash3's last step: every bit of the input changes half of the output's. */
function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** A list to pick from by weight. Weights are small whole numbers. */
export function repeatByWeight<T>(list: readonly T[], weightOf: (entry: T) => number): readonly T[] {
  return list.flatMap((entry) => Array<T>(weightOf(entry)).fill(entry));
}
