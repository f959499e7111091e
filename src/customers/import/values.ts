import { readInstant } from '../filter/dates.ts';

/** Why a line cannot be imported, in a few words. Quotes ids and keys at most. */
export class BadLine extends Error {
  override name = 'BadLine';
}

/** Most characters of ids and codes, as in filters. */
export const MAX_CODE = 128;
/** Most characters of a category's ids: five of them and a brand make one entry of an index, which holds 2,700 bytes. */
export const MAX_CATEGORY_ID = 100;
/** Most characters of what is compared whole: emails and hobbies. No email address is longer than 254. */
export const MAX_WORD = 320;
/** Most characters of names and labels. */
export const MAX_TEXT = 10_000;

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An element of a list; `at` says which: `interests[0]`. */
export function readObject(value: unknown, at: string, keys: ReadonlySet<string>): JsonObject {
  if (!isObject(value)) throw new BadLine(`${at} must be an object`);
  refuseUnknown(value, keys, ` in ${at}`);
  return value;
}

/** What nobody asked for is a fault: dropping it in silence would be worse. */
export function refuseUnknown(object: JsonObject, keys: ReadonlySet<string>, at = ''): void {
  for (const key in object) {
    if (!keys.has(key)) throw new BadLine(`unknown key ${quote(key)}${at}`);
  }
}

/** What must be there. */
export function refuseMissing<T>(value: T | null | undefined, key: string): T {
  if (value === undefined || value === null) throw new BadLine(`${key} is missing`);
  return value;
}

/** Null when it is missing, as of all that follow. */
export function readList(value: unknown, key: string): readonly unknown[] | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) throw new BadLine(`${key} must be a list`);
  return value;
}

export function readText(value: unknown, key: string, max: number): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new BadLine(`${key} must be a text`);
  // A character has one or two UTF-16 units.
  if (value.length > max && (value.length > 2 * max || [...value].length > max)) {
    throw new BadLine(`${key} has more than ${max.toLocaleString('en')} characters`);
  }
  if (value.includes('\0')) throw new BadLine(`${key} holds \\u0000, which cannot be stored`);
  if (!value.isWellFormed()) throw new BadLine(`${key} holds half of a surrogate pair`);
  return value;
}

const control = /\p{Cc}/u;

/** An id that must be there. */
export function readKey(value: unknown, key: string): string {
  const id = refuseMissing(readText(value, key, MAX_CODE), key);
  if (id === '') throw new BadLine(`${key} is empty`);
  return id;
}

/** One that filters name. What none can name is refused: nobody could export such a customer again. */
export function readCode(value: unknown, key: string): string {
  const code = readKey(value, key);
  if (code.trim() === '') throw new BadLine(`${key} is empty`);
  if (control.test(code)) throw new BadLine(`${key} holds control characters`);
  return code;
}

/** False when it is missing. */
export function readFlag(value: unknown, key: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new BadLine(`${key} must be true or false`);
  return value;
}

/** A whole number of 32 bits that must be there. */
export function readId(value: unknown, key: string): number {
  const id = refuseMissing(value, key);
  if (typeof id !== 'number' || (id | 0) !== id) {
    throw new BadLine(`${key} must be a whole number from -2147483648 to 2147483647`);
  }
  return id | 0; // -0 is 0
}

/** An instant as `2023-11-01T12:30:00.000Z`, from any form that the API takes. */
export function readInstantAt(value: unknown, key: string): string | null {
  if (value === undefined || value === null) return null;
  const instant = typeof value === 'string' ? toInstant(value) : null;
  if (instant === null) throw new BadLine(`${key} must be an instant such as "2023-11-01T12:30:00.000Z"`);
  return instant;
}

/** A day of the years 0001 to 9999. */
export function readDate(value: unknown, key: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value.length === 10 && toInstant(`${value}T00:00:00.000Z`) !== null) {
    return value;
  }
  throw new BadLine(`${key} must be a date such as "1980-02-29"`);
}

/** An instant as lines write it, of a day that every month has. */
const plain =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** The short way for nearly all, several times as fast. */
function toInstant(text: string): string | null {
  return plain.test(text) ? text : readInstant(text, 'first');
}

/** A phone number in E.164: as filters take it, and without what people put between digits. */
export function readE164(value: unknown, key: string): string | null {
  const number = readText(value, key, MAX_CODE);
  if (number === null || /^\+[1-9]\d{3,14}$/.test(number)) return number;
  throw new BadLine(`${key} must be in E.164, such as "+390212345678"`);
}

/** A piece of a line on one line and of a length for people. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
