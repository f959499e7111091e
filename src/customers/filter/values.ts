import { z } from 'zod';
import type { Problem, RefusalCode } from '../../errors.ts';
import { readInstant } from './dates.ts';
import { readPhoneNumber } from './phone.ts';

// What a filter is made of. Each schema says in half a sentence what it takes; `listProblems` puts the place before it.

/** More than any object of ours has; what has more is not looked at. */
const MAX_FIELDS = 100;
/** Problems of one request that are told. */
const MAX_PROBLEMS = 1_000;

type Refuse = (code: RefusalCode) => never;

/** One value, read by hand, because a fault needs a code and a sentence that states the whole rule. */
function value<T>(expected: string, read: (given: NonNullable<unknown>, refuse: Refuse) => T) {
  return z.unknown().transform((given, context): T => {
    const refuse: Refuse = (code) => {
      context.addIssue({ code: 'custom', message: expected, params: { code } });
      return z.NEVER;
    };
    return given === null || given === undefined ? refuse('REQUIRED') : read(given, refuse);
  });
}

type TextRule = {
  /** In characters. */
  readonly max: number;
  /** The code for text of nothing but white space, or null when that is fine; REQUIRED unless given. */
  readonly blank?: RefusalCode | null;
};

/** Control characters, and halves of surrogate pairs: PostgreSQL stores neither U+0000 nor the halves. */
const unprintable = /[\p{Cc}\p{Cs}]/u;

/** Text as given. */
export const text = (rule: TextRule) => readText(rule, (given) => given);
/** Text without its outer spaces. */
export const trimmedText = (rule: TextRule) => readText(rule, (given) => given.trim());

function readText({ max, blank = 'REQUIRED' }: TextRule, normalise: (given: string) => string) {
  const length = blank === null ? `at most ${max}` : `1 to ${max}`;
  return value(`must be text of ${length} characters without control characters`, (given, refuse) => {
    if (typeof given !== 'string') return refuse('INVALID');
    // A character is one or two UTF-16 units: what is this long needs no counting.
    if (given.length > 2 * max || [...given].length > max) return refuse('TOO_LARGE');
    if (unprintable.test(given)) return refuse('INVALID');
    if (given.trim() === '' && blank !== null) return refuse(blank);
    return normalise(given);
  });
}

export const phoneNumber = value(
  'must be an international phone number: + or 00, the country calling code and the number, 4 to 15 digits in all; spaces, dashes, dots and brackets may stand between them',
  (given, refuse) => {
    if (typeof given !== 'string') return refuse('INVALID');
    if (given.length > 64) return refuse('TOO_LARGE');
    return readPhoneNumber(given) ?? refuse('INVALID');
  },
);

export const countryId = value('must be a country id of two letters from a to z', (given, refuse) =>
  typeof given === 'string' && /^[a-z]{2}$/i.test(given) ? given.toLowerCase() : refuse('INVALID'),
);

export const instant = (bareDate: 'first' | 'last') =>
  value(
    'must be a date such as 2022-01-31, or an RFC 3339 date-time such as 2022-01-31T10:00:00Z, with at most six fraction digits, in the years 0001 to 9999',
    (given, refuse) => (typeof given === 'string' ? readInstant(given, bareDate) : null) ?? refuse('INVALID'),
  );

export const amount = value('must be a finite number', (given, refuse) =>
  typeof given === 'number' && Number.isFinite(given) ? withoutMinusZero(given) : refuse('INVALID'),
);

export const wholeNumber = (min: number, max: number) =>
  value(wholeNumberRule(min, max), (given, refuse) => readWholeNumber(given, min, max) ?? refuse('INVALID'));

const wholeNumberRule = (min: number, max: number) => `must be a whole number from ${min} to ${max}`;

function readWholeNumber(given: unknown, min: number, max: number): number | null {
  const fits = typeof given === 'number' && Number.isInteger(given) && given >= min && given <= max;
  return fits ? withoutMinusZero(given) : null;
}

/** Many whole numbers, read in one go: with a schema for each, 10,000 would hold up everybody else. */
export const wholeNumbers = (min: number, max: number, most: number) =>
  elements(most).transform((given, context): number[] => {
    const numbers: number[] = [];
    for (const [at, element] of given.entries()) {
      const number = readWholeNumber(element, min, max);
      if (number !== null) numbers.push(number);
      else if (context.issues.length > MAX_PROBLEMS) return z.NEVER;
      else {
        const code: RefusalCode = element == null ? 'REQUIRED' : 'INVALID';
        context.addIssue({
          code: 'custom',
          message: wholeNumberRule(min, max),
          path: [at],
          params: { code },
        });
      }
    }
    return numbers;
  });

export const flag = value('must be true or false', (given, refuse) =>
  typeof given === 'boolean' ? given : refuse('INVALID'),
);

export function oneOf<const T extends string>(...words: readonly T[]) {
  return value(
    `must be ${words.join(' or ')}`,
    (given, refuse): T => words.find((word) => word === given) ?? refuse('INVALID'),
  );
}

/** JSON has no -0. */
function withoutMinusZero(number: number): number {
  return number === 0 ? 0 : number;
}

/** A list, whose elements are looked at only when it is not too long. */
export function list<T>(element: z.ZodType<T>, max: number) {
  return elements(max).pipe(z.array(element));
}

function elements(max: number) {
  const expected = `must be a list of 1 to ${max.toLocaleString('en')} values`;
  return value(expected, (given, refuse): unknown[] => {
    if (!Array.isArray(given)) return refuse('INVALID');
    return given.length > max ? refuse('TOO_LARGE') : given;
  });
}

/** An object with these fields and no others, where null, absent and `[]` are the same. */
export function record<const Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const fields = value(`must be an object of at most ${MAX_FIELDS} fields`, (given, refuse) => {
    if (typeof given !== 'object' || Array.isArray(given)) return refuse('INVALID');
    if (Object.keys(given).length > MAX_FIELDS) return refuse('TOO_LARGE');
    return Object.fromEntries(Object.entries(given).filter(([, field]) => !isNothing(field)));
  });
  return fields.pipe(z.strictObject(shape));
}

export function isNothing(given: unknown): boolean {
  return given === null || given === undefined || (Array.isArray(given) && given.length === 0);
}

/** What a `value` says besides its message. */
const fault = z.object({ code: z.enum(['REQUIRED', 'INVALID', 'TOO_LARGE']) });

/** What a schema found wrong, as problems of the request. `root` is the request's field that it read. */
export function listProblems(error: z.ZodError, root: string): Problem[] {
  const problems: Problem[] = [];
  for (const issue of error.issues) {
    problems.push(...describeIssue(issue, root));
    if (problems.length <= MAX_PROBLEMS) continue;
    const message = `${root} has more faults than these ${MAX_PROBLEMS.toLocaleString('en')}.`;
    return [...problems.slice(0, MAX_PROBLEMS), { code: 'TOO_LARGE', message, path: [root] }];
  }
  return problems;
}

function describeIssue(issue: z.core.$ZodIssue, root: string): Problem[] {
  const path = [root, ...issue.path.map(String)];
  const place = namePlace(issue.path) || root;
  if (issue.code === 'unrecognized_keys') {
    const message = `${place} has no field of this name.`;
    return issue.keys.map((key) => ({ code: 'INVALID', message, path: [...path, key] }));
  }
  const code = issue.code === 'custom' ? fault.parse(issue.params).code : 'INVALID';
  return [{ code, message: `${place} ${issue.message}.`, path }];
}

/** `interests[0].sapInterestId` */
function namePlace(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .slice(1);
}
