import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Authenticator } from '../auth/token.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Origin } from '../exports/audit.ts';
import type { ExportDeps } from '../exports/deps.ts';
import type { Context } from '../graphql/context.ts';
import { describeError } from '../graphql/errors.ts';
import { requestFaults } from '../telemetry/metrics.ts';
import { type ExampleFilter, prepareGraphiql, renderGraphiQL } from './graphiql.ts';
import { useLimits } from './limits.ts';
import { originOf } from './origin.ts';
import { createRateLimit, limitGraphql, type RateLimit } from './rate-limit.ts';
import { useReadableRequests } from './readable-requests.ts';
import { useSharedEvents } from './shared-events.ts';
import { useEventStreams } from './sse.ts';

/** What the transport knows: over HTTP the request, over WebSocket who connected. */
export type Transport =
  | { readonly req: IncomingMessage; readonly res: ServerResponse; readonly caller?: undefined }
  | { readonly caller: Caller };
type Caller = { readonly viewer: Viewer; readonly origin: Origin };
export type GraphqlServer = YogaServerInstance<Transport, Context>;

export type GraphqlOptions = {
  readonly schema: GraphQLSchema;
  readonly deps: ExportDeps;
  readonly authenticator: Authenticator;
  readonly log: Logger;
  readonly graphiql: boolean;
  readonly introspection: boolean;
  /** None unless given. */
  readonly rateLimit?: RateLimit;
  /** What GraphiQL's operations start with. */
  readonly exampleFilter: () => Promise<ExampleFilter>;
};

/** Real requests are below 200 kB: 10,000 ids and lists of 1,000 texts. */
const MAX_BODY_BYTES = 262_144;

/** GraphQL over HTTP and SSE; WebSocket runs its operations through the same envelop. */
export function createGraphql(options: GraphqlOptions): GraphqlServer {
  const { schema, deps, authenticator, log, rateLimit = createRateLimit(0) } = options;
  const mask = (error: unknown) => maskError(error, log);
  return createYoga<Transport, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    context: async (transport) => {
      const { viewer, origin } = transport.caller ?? (await callerOf(transport.req, authenticator));
      await limitGraphql(rateLimit, viewer, origin);
      return { viewer, deps, origin, suggestions: options.introspection };
    },
    graphiql: options.graphiql ? async () => prepareGraphiql(await options.exampleFilter()) : false,
    renderGraphiQL,
    landingPage: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: MAX_BODY_BYTES,
    cors: false, // said for all routes alike, before they are asked
    logging: false,
    maskedErrors: { maskError: mask },
    plugins: [
      useLimits(options),
      usePreflight(),
      useReadableRequests(),
      useEventStreams(mask),
      useSharedEvents(mask), // ends the hooks of subscriptions
    ],
  });
}

async function callerOf(req: IncomingMessage, { authenticate }: Authenticator): Promise<Caller> {
  return { viewer: await authenticate(req.headers.authorization), origin: originOf(req) };
}

/** What is not meant for clients becomes one masked error, whose requestId the log has too. */
export function maskError(error: unknown, log: Logger): GraphQLError {
  const described = describeError(error);
  if (described) return described;
  requestFaults.inc();
  const requestId = randomUUID();
  log.error(
    { err: error instanceof GraphQLError ? error.originalError : error, requestId },
    'request failed',
  );
  const message = 'The request failed for a reason that is ours. Give the operator the requestId.';
  return new GraphQLError(message, {
    ...(error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}),
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
  });
}

/** Refuses what a web page may send anywhere without asking first. A GET cannot change anything. */
function usePreflight(): Plugin {
  const { onRequestParse } = useCSRFPrevention();
  return {
    onRequestParse: (payload) => (payload.request.method === 'POST' ? onRequestParse?.(payload) : undefined),
  };
}
