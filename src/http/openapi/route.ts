import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { describeApi } from '../openapi.ts';
import { answerMethod, respond } from '../respond.ts';

/** Serves the description of the REST page at `/openapi.json`, to anybody. Resolves to false for any other path. */
export function createOpenApiHandler(schema: GraphQLSchema) {
  const body = describeApi(schema);
  return async (req: IncomingMessage, res: ServerResponse): Promise<boolean> => {
    if (req.url?.split('?', 1)[0] !== '/openapi.json') return false;
    if (answerMethod(req, res, ['GET', 'HEAD'])) return true;
    respond(req, res, {
      status: 200,
      body,
      format: 'json',
      headers: { 'cache-control': 'public, max-age=300' },
    });
    return true;
  };
}
