/** An error as a log line holds it: what it is and where, without the values that raised it. */
export type DescribedError = {
  readonly type: string;
  readonly message: string;
  /** The type, the message and the frames. */
  readonly stack: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
  readonly [detail: string]: unknown;
};

/**
 * The only properties of an error that are told. Everything else may hold data: postgres.js puts the statement,
 * its parameters, `detail` ("Key (email)=(…) already exists.") and `where` (a line of COPY) on its errors,
 * jose a token's claims, zod the input.
 */
const details = [
  ...['code', 'errno', 'syscall', 'address', 'port', 'path', 'status', 'statusCode', 'claim', 'reason'],
  ...['severity', 'routine', 'schema_name', 'table_name', 'column_name', 'constraint_name', 'data_type_name'],
];
/** Causes followed; an error that is its own cause ends there too. */
const DEEPEST = 8;

export function describeError(error: Error, depth = 0): DescribedError {
  const type = error.constructor.name || error.name;
  const message = tellMessage(error);
  const { cause } = error;
  return {
    type,
    message,
    stack: [`${type}: ${message}`, ...readFrames(error)].join('\n'),
    ...Object.fromEntries(details.flatMap((name) => tellDetail(error, name))),
    ...(cause === undefined ? {} : { cause: describeInner(cause, depth) }),
    ...(error instanceof AggregateError
      ? { errors: error.errors.slice(0, 10).map((inner) => describeInner(inner, depth)) }
      : {}),
  };
}

/** Anything may be thrown. What is no error is told by its type alone. */
function describeInner(value: unknown, depth: number): unknown {
  if (!(value instanceof Error)) return `[${value === null ? 'null' : typeof value}]`;
  return depth < DEEPEST ? describeError(value, depth + 1) : '[deep]';
}

function tellDetail(error: Error, name: string): [string, string | number][] {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
}

/** Messages that repeat values lose them; those that name tables, files and rules stay as they are. */
function tellMessage(error: Error): string {
  // Drizzle: "Failed query: select …\nparams: …". Its cause says what went wrong.
  if ('query' in error && 'params' in error) return 'Failed query';
  const quoting = error instanceof SyntaxError || quotesValues(Reflect.get(error, 'code'));
  return quoting ? error.message.replace(/["'].*["']/s, '"…"') : error.message;
}

/** PostgreSQL's data exceptions (class 22) and syntax errors quote the value; the others quote names. */
function quotesValues(code: unknown): boolean {
  return typeof code === 'string' && /^(22[\dA-Z]{3}|42601)$/.test(code);
}

/** Only the frames: the stack's head repeats the message. */
function readFrames(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at .+(:\d+|\(<anonymous>\)|native\)?)/.test(line));
}
