import type { GraphQLSchema } from 'graphql';
import { pino } from 'pino';
import { anonymous, type Viewer } from '../../src/auth/viewer.ts';
import type { ExportDeps } from '../../src/exports/deps.ts';
import { createGraphql } from '../../src/http/graphql.ts';
import { createGraphqlRoute } from '../../src/http/graphql-route.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { serveWebsocket } from '../../src/http/websocket.ts';

export type GraphqlFixture = AsyncDisposable & {
  readonly url: string;
  /** Lines of the log so far, parsed. */
  readonly logged: Record<string, unknown>[];
};

/** The gateway's GraphQL transports in front of any schema, for one caller. */
export async function serveSchema(
  schema: GraphQLSchema,
  viewer: Viewer = anonymous,
): Promise<GraphqlFixture> {
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => logged.push(JSON.parse(line)) });
  const authenticator = { authenticate: async () => viewer };
  const graphql = createGraphql({
    schema,
    // These schemas ask nothing of the rooms below.
    deps: {} as ExportDeps,
    authenticator,
    log,
    graphiql: false,
    introspection: true,
    exampleFilter: async () => ({ brand: '', posCodes: [] }),
  });
  const http = createHttpServer([createGraphqlRoute(graphql)], log);
  const sockets = serveWebsocket(http.server, {
    graphql,
    authenticator,
    log,
    allowsOrigin: () => true,
  });
  const url = await http.listen('127.0.0.1', 0);
  return {
    url,
    logged,
    [Symbol.asyncDispose]: async () => {
      await sockets.end();
      await http.drain(0);
    },
  };
}
