import { GraphQLError } from 'graphql';
import { withoutValues } from '../errors/without-values.ts';
import { AccessError, type Problem, Refusal, Unavailable } from '../errors.ts';
import { isDatabaseAway } from '../exports/failures.ts';

/**
 * Runs what a mutation does; a refusal of the request's content becomes its `userErrors`,
 * and so does an export that does not exist for the caller.
 */
export async function refusalsAsUserErrors<T extends object>(
  act: () => Promise<T>,
): Promise<(T & { userErrors: readonly Problem[] }) | { userErrors: readonly Problem[] }> {
  try {
    return { ...(await act()), userErrors: [] };
  } catch (error) {
    if (error instanceof Refusal) return { userErrors: error.problems };
    if (error instanceof AccessError && error.code === 'NOT_FOUND') {
      return { userErrors: [{ code: 'NOT_FOUND', message: error.message, path: ['asyncTaskId'] }] };
    }
    throw error;
  }
}

/** A fault of a query's arguments. */
export function badUserInput(problems: readonly Problem[]): GraphQLError {
  return new GraphQLError(problems.map((problem) => problem.message).join(' '), {
    extensions: {
      code: 'BAD_USER_INPUT',
      userErrors: problems.map(({ code, message, path }) => ({ code, message, field: path })),
    },
  });
}

/**
 * The error that a client may see for what a resolver threw, or null for a fault, which is masked.
 * The only table from domain errors to `extensions.code`. `http` is read and taken out by the HTTP server.
 */
export function describeError(error: unknown): GraphQLError | null {
  if (error instanceof GraphQLError) {
    if (!error.originalError) return describeRequest(error);
    const described = describeError(error.originalError);
    return described && relocate(described, error);
  }
  if (error instanceof Refusal) return badUserInput(error.problems);
  if (error instanceof AccessError) {
    const http = error.code === 'UNAUTHENTICATED' ? { http: unauthenticated } : {};
    return new GraphQLError(error.message, { extensions: { code: error.code, ...http } });
  }
  if (error instanceof Unavailable || isDatabaseAway(error)) {
    return new GraphQLError(awayMessage, { extensions: { code: 'SERVICE_UNAVAILABLE', http: unavailable } });
  }
  return null;
}

/** The library's codes, or statuses, for a request that it cannot make sense of, in the words of this API. */
const requestCodes: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['OPERATION_RESOLUTION_FAILURE', 'GRAPHQL_VALIDATION_FAILED'],
  ['BAD_REQUEST', 'BAD_USER_INPUT'],
  ['REQUEST_ENTITY_TOO_LARGE', 'BAD_USER_INPUT'],
  [400, 'BAD_USER_INPUT'],
  [403, 'FORBIDDEN'],
  [405, 'BAD_USER_INPUT'],
]);

function statusOf(http: unknown): unknown {
  return typeof http === 'object' && http !== null && 'status' in http ? http.status : undefined;
}

/** The request is wrong as a whole: the library says it, and here without any part of it. */
function describeRequest(error: GraphQLError): GraphQLError {
  const { extensions } = error;
  error.message = error.message.startsWith('Unexpected parameter ')
    ? parameters
    : withoutValues(error.message);
  const code = requestCodes.get(extensions['code'] ?? statusOf(extensions['http']));
  if (code !== undefined) extensions['code'] = code;
  if ('originalError' in extensions) {
    // Of a body that is no JSON, with a part of it. Its presence is also what makes the status 400 everywhere.
    delete extensions['originalError'];
    extensions['http'] = { status: 400 };
  }
  return error;
}

const parameters =
  'A request has query, variables, operationName and extensions, and this one has something else as well.';
const awayMessage = 'The server cannot reach what it needs at the moment. Try again soon.';
const unavailable = { status: 503, headers: { 'retry-after': '5' } };
const unauthenticated = { status: 401, headers: { 'www-authenticate': 'Bearer' } };

/** The described error at the place in the document where it came up. */
function relocate(described: GraphQLError, { nodes, path }: GraphQLError): GraphQLError {
  return new GraphQLError(described.message, { nodes, path, extensions: described.extensions });
}
