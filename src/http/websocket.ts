import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CloseCode, handleProtocols, makeServer, type Server as ProtocolServer } from 'graphql-ws';
import type { Logger } from 'pino';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Authenticator } from '../auth/token.ts';
import { Unavailable } from '../errors.ts';
import type { GraphqlServer } from './graphql.ts';
import { originOf } from './origin.ts';
import { onExpiry } from './token-expiry.ts';
import { openAllowance } from './websocket/allowance.ts';
import { frameOf } from './websocket/frame.ts';
import { type Connection, operationHooks } from './websocket/operations.ts';
import { writeWhole } from './write-whole.ts';

export type WebsocketOptions = {
  readonly graphql: GraphqlServer;
  readonly authenticator: Authenticator;
  readonly log: Logger;
  /** Whether a browser page of this origin may connect; a refusal may be thrown as well. */
  readonly allowsOrigin: (req: IncomingMessage) => boolean;
};

/** Larger messages close the socket with 1009. */
const MAX_MESSAGE_BYTES = 262_144;
/** More messages in the long run close the socket with 1008, whatever they say: also those that are no operation … */
const MESSAGES_PER_SECOND = 200;
/** … and more than this at once. */
const MESSAGES_AT_ONCE = 1_000;
/** A client that has not said by then who it is, is closed with 4408. */
const INIT_MS = 5_000;
/** The close code for what passes (IANA); clients try again, which they do not after 4403. */
const TRY_AGAIN_LATER = 1013;
/** How often a client has to show that it is there. */
const PING_MS = 12_000;
/** How long clients may take to say goodbye when the server stops. */
const GOODBYE_MS = 1_000;

/** What is open on WebSockets. */
export type Sockets = {
  readonly countOperations: () => number;
  /** Ends all sockets. */
  readonly end: () => Promise<void>;
};

type SocketConnection = Connection & { readonly socket: WebSocket };

/** Serves the `graphql-transport-ws` protocol on `/graphql` of an HTTP server. */
export function serveWebsocket(server: Server, options: WebsocketOptions): Sockets {
  const { graphql, authenticator, log, allowsOrigin } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols,
  });
  /** By id, of each connection. */
  const operations = new Set<object>();
  const protocol = makeServer<Record<string, unknown>, SocketConnection>({
    connectionInitWaitTimeout: INIT_MS,
    onConnect: async ({ connectionParams, extra, subscriptions }) => {
      const authorization = connectionParams?.['authorization'] ?? connectionParams?.['Authorization'];
      const viewer = await authenticator
        .authenticate(typeof authorization === 'string' ? authorization : null)
        .catch((error: unknown) => {
          if (error instanceof Unavailable) extra.socket.close(TRY_AGAIN_LATER, 'Try again soon.');
          return null;
        });
      if (!viewer) return false; // closes with 4403, unless it is closed already
      extra.viewer = viewer;
      const forget = onExpiry(viewer, () =>
        extra.socket.close(CloseCode.Forbidden, 'The token has expired.'),
      );
      operations.add(subscriptions);
      extra.socket.once('close', () => {
        forget();
        operations.delete(subscriptions);
      });
      return true;
    },
    ...operationHooks(graphql, log),
  });

  const isAllowed = (req: IncomingMessage) => {
    try {
      return allowsOrigin(req);
    } catch {
      return false;
    }
  };
  const onUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { pathname } = URL.parse(req.url ?? '/', 'http://localhost') ?? {};
    if (pathname !== '/graphql') return refuse(socket, '404 Not Found');
    if (!isAllowed(req)) return refuse(socket, '403 Forbidden');
    sockets.handleUpgrade(req, socket, head, (client) =>
      open(protocol, client, socket, callingFrom(req), log),
    );
  };
  server.on('upgrade', onUpgrade);
  return {
    countOperations: () => [...operations].reduce((count, open) => count + Object.keys(open).length, 0),
    end: async () => {
      server.off('upgrade', onUpgrade);
      for (const client of sockets.clients) client.close(1001, 'The server is stopping.');
      const deadline = performance.now() + GOODBYE_MS;
      while (sockets.clients.size > 0 && performance.now() < deadline) await delay(10);
      for (const client of sockets.clients) client.terminate();
    },
  };
}

type Calling = Pick<Connection, 'origin' | 'traceparent'>;

function callingFrom(req: IncomingMessage): Calling {
  const { traceparent } = req.headers;
  return { origin: originOf(req), traceparent: typeof traceparent === 'string' ? traceparent : null };
}

/** Lets the protocol speak through a socket. Nothing of the request stays: there are thousands of these. */
function open(
  protocol: ProtocolServer<SocketConnection>,
  socket: WebSocket,
  raw: Duplex,
  calling: Calling,
  log: Logger,
): void {
  const isOpen = () => socket.readyState === socket.OPEN;
  const mayTalk = openAllowance(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) =>
        new Promise<void>((resolve) => {
          if (isOpen()) socket.send(text, () => resolve());
          else resolve();
        }),
      // The library's reason repeats the operation's id, which may be anything.
      close: (code, reason) =>
        socket.close(code, code === CloseCode.SubscriberAlreadyExists ? 'Subscriber already exists' : reason),
      onMessage: (handle) =>
        socket.on('message', (data: RawData, isBinary: boolean) => {
          if (!isOpen()) return;
          if (!mayTalk()) return socket.close(1008, 'Too many messages.');
          if (isBinary) return socket.close(CloseCode.BadRequest, 'Messages are text.');
          handle(data.toString()).catch((error: unknown) => fail(socket, error, log));
        }),
    },
    {
      socket,
      ...calling,
      send: (start, rest, sent) => {
        if (isOpen()) writeWhole(raw, frameOf(start + rest), sent);
      },
    },
  );
  const stopPings = keepAlive(socket);
  // A fault of the client's, such as a message that is too long; `ws` closes the socket itself.
  socket.on('error', (error) => log.debug({ err: error }, 'socket failed'));
  socket.once('close', (code, reason) => {
    stopPings();
    closed(code, reason.toString()).catch((error: unknown) =>
      log.error({ err: error }, 'socket was not closed'),
    );
  });
}

function fail(socket: WebSocket, error: unknown, log: Logger): void {
  if (error instanceof Error && error.message.startsWith('Unexpected message of type')) {
    socket.close(CloseCode.BadRequest, 'Clients do not send this.');
  } else {
    log.error({ err: error }, 'message failed');
    socket.close(CloseCode.InternalServerError, 'Internal server error');
  }
}

/** Ends a socket whose client does not answer: one that is gone is noticed after 24 seconds at the latest. */
function keepAlive(socket: WebSocket): () => void {
  let hasAnswered = true;
  socket.on('pong', () => {
    hasAnswered = true;
  });
  const timer = setInterval(() => {
    if (!hasAnswered) return socket.terminate();
    hasAnswered = false;
    socket.ping();
  }, PING_MS);
  return () => clearInterval(timer);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
