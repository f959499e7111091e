import { describeError } from './describe-error.ts';

const REMOVED = '[redacted]';
const DEEPEST = 6;

/** Names of fields that hold a secret or somebody's data, without case, dashes and underscores. */
const unloggable = new Set([
  ...['authorization', 'proxyauthorization', 'cookie', 'setcookie', 'connectionparams', 'password', 'secret'],
  ...[
    'token',
    'accesstoken',
    'idtoken',
    'refreshtoken',
    'jwt',
    'apikey',
    'signature',
    'signingkey',
    'signingkeys',
  ],
  ...['urlsigningkey', 'urlsigningkeys', 'secretaccesskey', 'sessiontoken', 'databaseurl'],
  ...['variables', 'filter', 'searchkey', 'parameters', 'params', 'args', 'row', 'rows', 'line', 'lines'],
  ...['firstname', 'lastname', 'email', 'phonenumber', 'birthdate', 'sapcrmid', 'boostercustomerids'],
  ...['salerepresentativeemail', 'salerepresentativeemails'],
]);

/** The fields of a log line without what may not be logged. */
export function scrubFields(fields: object): Record<string, unknown> {
  return scrubMembers(fields, 0);
}

/** A value without what may not be logged: errors described, secrets removed at any depth. */
export function scrubValue(value: unknown, depth = 0): unknown {
  if (value instanceof Error) return describeError(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  if (value instanceof Date) return value;
  if (value instanceof URL) return value.href;
  if (depth >= DEEPEST) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => scrubValue(item, depth + 1));
  const { constructor: made } = value;
  // Requests, sockets, connections: nobody has checked what they carry.
  if (typeof made === 'function' && made !== Object) return `[${made.name}]`;
  return scrubMembers(value, depth);
}

/**
 * What a log method was called with, scrubbed: fields or an error first, then the text and what is printed into it.
 * An error alone is also the text, as pino has it.
 */
export function scrubArguments([first, ...others]: readonly unknown[]): unknown[] {
  const rest = others.map((value) => scrubValue(value));
  if (first instanceof Error) {
    const described = describeError(first);
    return [{ err: described }, ...(rest.length > 0 ? rest : [described.message])];
  }
  return [typeof first === 'object' && first !== null ? scrubFields(first) : first, ...rest];
}

function scrubMembers(value: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const removed = tellsSomething(member) && unloggable.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
      return [name, removed ? REMOVED : scrubValue(member, depth + 1)];
    }),
  );
}

/** `lines: 12` and `email: false` are figures and flags; `lines: ['…']` is data. */
function tellsSomething(member: unknown): boolean {
  return typeof member === 'string' || (typeof member === 'object' && member !== null);
}
