import type { GraphQLError, GraphQLFormattedError } from 'graphql';

/** As much of a result as its JSON needs. */
export type Result = {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLError[] | undefined;
  readonly extensions?: unknown;
  /** Makes the JSON of a result that several are sent, once. */
  stringify?(result: unknown): string;
};

/** A result's JSON. */
export function textOf(result: Result): string {
  if (result.stringify) return result.stringify(result);
  const { errors, ...rest } = result;
  return JSON.stringify(errors ? { ...rest, errors: errors.map(formatError) } : rest);
}

/** An error as clients see it: without what only the HTTP server reads. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...rest } = error.toJSON();
  const { http: _, ...shown } = extensions ?? {};
  return Object.keys(shown).length > 0 ? { ...rest, extensions: shown } : rest;
}
