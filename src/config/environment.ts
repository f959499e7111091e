/** What a setting may hold. */
export type Kind<T> = {
  /** Ends the sentence "NAME must be …". Never repeats a value: it may be a secret. */
  readonly mustBe: string;
  /** The value of a text without outer spaces; undefined when the text is wrong. */
  readonly parse: (text: string) => T | undefined;
};

export type Environment = {
  /** The setting's value, or `fallback` when it is not set, or wrong (which is then noted as a fault). */
  readonly read: <T, F>(name: string, kind: Kind<T>, fallback: F) => T | F;
  /** The same for what protects customers: set but empty is a fault, since a lost secret would open the door. */
  readonly readGuarded: <T, F>(name: string, kind: Kind<T>, fallback: F) => T | F;
  /** Whether it has a value, right or wrong. */
  readonly has: (name: string) => boolean;
  readonly note: (fault: string) => void;
  /** Every name read so far: what is not among them is not a setting. */
  readonly known: () => readonly string[];
  readonly faults: () => readonly string[];
};

/** Reads settings one by one and keeps the faults, so that all of them can be told at once. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const faults: string[] = [];
  const known = new Set<string>();

  const read = <T, F>(name: string, kind: Kind<T>, fallback: F): T | F => {
    known.add(name);
    const text = env[name]?.trim();
    if (!text) return fallback;
    const value = kind.parse(text);
    if (value !== undefined) return value;
    faults.push(`${name} must be ${kind.mustBe}.`);
    return fallback;
  };
  const readGuarded = <T, F>(name: string, kind: Kind<T>, fallback: F): T | F => {
    if (env[name]?.trim() === '') {
      faults.push(`${name} is set but empty: it must be ${kind.mustBe}, or not be set at all.`);
    }
    return read(name, kind, fallback);
  };
  return {
    read,
    readGuarded,
    has: (name) => env[name] !== undefined && env[name].trim() !== '',
    note: (fault) => faults.push(fault),
    known: () => [...known],
    faults: () => faults,
  };
}
