import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionArgs, GraphQLError } from 'graphql';
import { CloseCode, type SubscribePayload } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { Authenticator } from '../auth/token.ts';
import type { Viewer } from '../auth/viewer.ts';
import { type GraphqlServer, maskError } from './graphql.ts';

export type WebsocketOptions = {
  readonly graphql: GraphqlServer;
  readonly authenticator: Authenticator;
  readonly log: Logger;
  /** Whether a browser page of this origin may connect. */
  readonly allowsOrigin: (req: IncomingMessage) => boolean;
};

/** Larger messages close the socket with 1009. */
const MAX_MESSAGE_BYTES = 262_144;
/** Operations that one socket may have open. */
const MAX_OPERATIONS = 100;

type Connection = Extra & Record<PropertyKey, unknown> & { viewer?: Viewer };

/** Serves the `graphql-transport-ws` protocol on `/graphql` of an HTTP server. The returned function ends all sockets. */
export function serveWebsocket(server: Server, options: WebsocketOptions): () => Promise<void> {
  const { graphql, authenticator, log, allowsOrigin } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  const disposable = useServer<Record<string, unknown>, Connection>(
    {
      onConnect: async ({ connectionParams, extra }) => {
        const authorization = connectionParams?.['authorization'] ?? connectionParams?.['Authorization'];
        const viewer = await authenticator
          .authenticate(typeof authorization === 'string' ? authorization : null)
          .catch(() => null);
        if (!viewer) return false; // closes with 4403
        extra.viewer = viewer;
        closeAtExpiry(extra, viewer);
        return true;
      },
      onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
        // An error of a document is that operation's: throwing would close the socket with all its subscriptions.
        try {
          if (Object.keys(subscriptions).length > MAX_OPERATIONS) return [tooMany()];
          return await prepare(graphql, extra, payload);
        } catch (error) {
          return [maskError(error, log)];
        }
      },
      execute: (args) => envelopOf(args).execute(args),
      subscribe: (args) => envelopOf(args).subscribe(args),
    },
    sockets,
  );

  const onUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (new URL(req.url ?? '/', 'http://localhost').pathname !== '/graphql')
      return refuse(socket, '404 Not Found');
    if (!allowsOrigin(req)) return refuse(socket, '403 Forbidden');
    sockets.handleUpgrade(req, socket, head, (client) => sockets.emit('connection', client, req));
  };
  server.on('upgrade', onUpgrade);
  return async () => {
    server.off('upgrade', onUpgrade);
    await disposable.dispose();
  };
}

type Envelop = ReturnType<GraphqlServer['getEnveloped']>;
const envelops = new WeakMap<ExecutionArgs, Envelop>();

function envelopOf(args: ExecutionArgs): Envelop {
  const envelop = envelops.get(args);
  if (!envelop) throw new Error('An operation that was not prepared.');
  return envelop;
}

/** Parses and validates as over HTTP, with the same plugins. */
async function prepare(graphql: GraphqlServer, { request, viewer }: Connection, params: SubscribePayload) {
  if (!viewer) throw new Error('A subscription before the connection was accepted.');
  const envelop = graphql.getEnveloped({ req: request, viewer, params });
  const document = envelop.parse(params.query);
  const errors = envelop.validate(envelop.schema, document);
  if (errors.length > 0) return errors;
  const args = {
    schema: envelop.schema,
    document,
    operationName: params.operationName,
    variableValues: params.variables,
    contextValue: await envelop.contextFactory(),
  };
  envelops.set(args, envelop);
  return args;
}

/** A socket lives no longer than the token that opened it. */
function closeAtExpiry({ socket }: Extra, { expiresAt }: Viewer): void {
  if (!expiresAt) return;
  // The longest delay that a timer takes; such a socket is closed early and may come back.
  const ms = Math.min(Math.max(0, expiresAt.getTime() - Date.now()), 2 ** 31 - 1);
  const timer = setTimeout(() => socket.close(CloseCode.Forbidden, 'The token has expired.'), ms);
  socket.once('close', () => clearTimeout(timer));
}

function tooMany(): GraphQLError {
  return new GraphQLError(`A socket may have ${MAX_OPERATIONS} operations open.`, {
    extensions: { code: 'RATE_LIMITED' },
  });
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
