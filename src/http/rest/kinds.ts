import { readLegacyDate } from './dates.ts';
import { nameFinder } from './names.ts';

/** How one kind of parameter is written. What cannot be read comes back as it was, for the filter to refuse. */
export type Kind = {
  /** The value that JSON would have held, from the texts that a form gave under one name. */
  readonly fromForm: (texts: readonly string[]) => unknown;
  /** The value in the filter's words. */
  readonly understand: (value: unknown) => unknown;
  /** Names within the objects that it lists; none for a kind without objects. */
  readonly members: readonly string[];
  /** Finds one of them. */
  readonly findMember: (given: string) => string | null;
};

function kind(fromForm: Kind['fromForm'], rest: Partial<Kind> = {}): Kind {
  return { fromForm, understand: (value) => value, members: [], findMember: () => null, ...rest };
}

/** One value. A field that was left empty, as browsers send it, is not given. */
function one(read: (text: string) => unknown): Kind['fromForm'] {
  return (texts) => {
    const given = texts.filter((text) => text !== '');
    const [text = null] = given;
    return text === null || given.length > 1 ? text && given : read(text);
  };
}

/** More than any list may have, so that it is refused for that; the rest need not be read. */
const ENOUGH = 10_001;

/** A list: repeated keys, commas, or both. */
function many(read: (text: string) => unknown): Kind['fromForm'] {
  return (texts) =>
    texts
      .flatMap((text) => text.split(',', ENOUGH))
      .map((text) => text.trim())
      .filter((text) => text !== '')
      .map(read);
}

const asText = (text: string) => text;
const asNumber = (text: string) =>
  /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : text;
const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);
const asFlag = (text: string) => flags.get(text.trim().toLowerCase()) ?? text;

/** JSON: an object, several with commas between them, or a list of them. */
function asObjects(text: string): unknown[] {
  try {
    const values: unknown = JSON.parse(`[${text}]`);
    return Array.isArray(values) ? values.flat() : [text];
  } catch {
    return [text];
  }
}

export const text = kind(one(asText));
export const texts = kind(many(asText));
export const number = kind(one(asNumber));
export const numbers = kind(many(asNumber));
export const flag = kind(one(asFlag));
export const instant = kind(one(asText), {
  understand: (value) => (typeof value === 'string' ? readLegacyDate(value) : value),
});
/** `Prospect` and `Client` in any case. */
export const statuses = kind(many(asText), {
  understand: (value) => (Array.isArray(value) ? value.map(upperCase) : value),
});
export const objects = (...members: readonly string[]) =>
  kind((texts) => texts.filter((text) => text.trim() !== '').flatMap(asObjects), {
    members,
    findMember: nameFinder(members),
  });

function upperCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toUpperCase() : value;
}
