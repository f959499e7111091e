import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { AccessError, type Problem, Refusal, Unavailable } from '../errors.ts';
import { DownloadRefusal } from '../exports/download.ts';
import { isDatabaseAway } from '../exports/failures.ts';
import { requestFaults } from '../telemetry/metrics.ts';
import { fieldName } from './field-name.ts';

/** How the answers outside GraphQL are written: one JSON value, or the same as one line. */
export type Format = 'json' | 'jsonl';

export const mediaTypes = { json: 'application/json', jsonl: 'text/jsonl' } satisfies Record<Format, string>;

/** What is wrong with a request before it says anything: its path, method, headers or size. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly status: number;
  /** For machines, in capitals. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The body of every error outside GraphQL. */
export type ErrorBody = {
  readonly responseStatus: {
    readonly errorCode: string;
    readonly message: string;
    readonly errors: readonly {
      readonly errorCode: string;
      /** The parameter's name, `posCodes[1]`. */
      readonly fieldName: string;
      readonly message: string;
    }[];
  };
};

type ShapedError = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
};

const accessStatuses = { UNAUTHENTICATED: 401, FORBIDDEN: 403, NOT_FOUND: 404 } as const;
const downloadStatuses = {
  LINK_INVALID: 403,
  LINK_EXPIRED: 403,
  FILE_NOT_FOUND: 404,
  FILE_EXPIRED: 410,
  FILE_UNAVAILABLE: 503,
} as const;

/** The one table from errors to HTTP. Null for a fault: what nobody is meant to see. */
export function shapeError(error: unknown): ShapedError | null {
  if (error instanceof Refusal) return shapeRefusal(error.problems);
  if (error instanceof AccessError) {
    const headers: Record<string, string> =
      error.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {};
    return shape(accessStatuses[error.code], error.code, error.message, headers);
  }
  if (error instanceof DownloadRefusal) return shape(downloadStatuses[error.code], error.code, error.message);
  if (error instanceof HttpError) return shape(error.status, error.code, error.message, error.headers);
  if (error instanceof Unavailable || isDatabaseAway(error)) {
    const message = 'The server cannot reach what it needs at the moment. Try again soon.';
    return shape(503, 'SERVICE_UNAVAILABLE', message, { 'retry-after': '5' });
  }
  return null;
}

function shapeRefusal(problems: Refusal['problems']): ShapedError {
  const [first, ...others] = problems;
  const { status, problem } = statusOf(problems) ?? { status: 400, problem: first };
  const more = others.length === 0 ? '' : ` (${problems.length} faults in all, each under errors.)`;
  const errors = problems.map(({ code, message, path }) => ({
    errorCode: code,
    fieldName: fieldName(path),
    message,
  }));
  const { body, headers } = shape(status, problem.code, problem.message + more);
  return { status, headers, body: { responseStatus: { ...body.responseStatus, errors } } };
}

/** The refusals that have a status of their own, with the problem that brings it; every other one is a 400. */
function statusOf(problems: readonly Problem[]): { status: number; problem: Problem } | null {
  for (const problem of problems) {
    if (problem.code === 'NOT_FOUND' && fieldName(problem.path) === 'brand') return { status: 404, problem };
    if (problem.code === 'CONFLICT') return { status: 409, problem };
    if (problem.code === 'LIMIT_REACHED') return { status: 429, problem };
  }
  return null;
}

function shape(
  status: number,
  errorCode: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): ShapedError {
  return { status, headers, body: { responseStatus: { errorCode, message, errors: [] } } };
}

/**
 * Answers with an error. A fault is logged once, under a requestId that the caller is given instead of the fault.
 * An answer that has begun is cut off: it must not look whole.
 */
export function respondError(
  req: IncomingMessage,
  res: ServerResponse,
  error: unknown,
  { log, format = 'json' }: { readonly log: Logger; readonly format?: Format },
): void {
  const shaped = shapeError(error) ?? maskFault(error, log);
  if (res.headersSent) res.destroy();
  else respond(req, res, { ...shaped, format });
}

function maskFault(error: unknown, log: Logger): ShapedError {
  const requestId = randomUUID();
  requestFaults.inc();
  log.error({ err: error, requestId }, 'request failed');
  return shape(
    500,
    'INTERNAL_SERVER_ERROR',
    `The request failed for a reason that is ours. Give the operator the requestId ${requestId}.`,
    { 'x-request-id': requestId },
  );
}

/** Answers with a JSON value, whole and in one piece; HEAD gets the headers alone. */
export function respond(
  req: IncomingMessage,
  res: ServerResponse,
  answer: {
    readonly status: number;
    readonly body: unknown;
    readonly format: Format;
    readonly headers?: Readonly<Record<string, string>>;
  },
): void {
  const text = JSON.stringify(answer.body) + (answer.format === 'jsonl' ? '\n' : '');
  res.writeHead(answer.status, {
    'content-type': mediaTypes[answer.format],
    'content-length': Buffer.byteLength(text),
    ...answer.headers,
  });
  res.end(req.method === 'HEAD' ? undefined : text);
}

/** Answers OPTIONS, and refuses what is not among `methods`. True when the request has been answered. */
export function answerMethod(req: IncomingMessage, res: ServerResponse, methods: readonly string[]): boolean {
  const allow = [...methods, 'OPTIONS'].join(', ');
  if (req.method === 'OPTIONS') {
    res.writeHead(204, { allow }).end();
    return true;
  }
  if (methods.includes(req.method ?? '')) return false;
  throw new HttpError(405, 'METHOD_NOT_ALLOWED', `This takes ${allow}.`, { allow });
}
