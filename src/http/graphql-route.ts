import type { GraphqlServer } from './graphql.ts';
import type { Route } from './server.ts';
import { eventStreamOf, sendEvents } from './sse.ts';

/**
 * Answers what comes to `/graphql`. The answer is written here and not by Yoga, which would keep all that it made of the
 * request for as long as a subscription lasts.
 */
export function createGraphqlRoute(graphql: GraphqlServer): Route {
  return async (req, res) => {
    if (!/^\/graphql(\?|$)/.test(req.url ?? '')) return false;
    const response = await graphql.handleNodeRequestAndResponse(req, res, { req, res });
    res.statusCode = response.status;
    res.setHeaders(response.headers);
    const stream = eventStreamOf(response);
    if (stream) sendEvents(stream, res);
    else res.end(await response.text());
    return true;
  };
}
