import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

export type Message = {
  readonly type: string;
  readonly id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever the server says
  readonly payload?: any;
};

export type RawSocket = {
  readonly socket: WebSocket;
  /** Sends text as it is, anything else as JSON. */
  readonly send: (message: unknown) => void;
  /** The next message that came, or comes. */
  readonly next: () => Promise<Message>;
  /** Sends one operation and gives its messages, to the one that ends it. */
  readonly run: (id: string, query: string, variables?: Record<string, unknown>) => Promise<Message[]>;
  /** How the server closed it. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
};

/** A WebSocket without a library's manners, to see what the server does when a client has none. Close it after use. */
export async function openSocket(
  url: string,
  {
    protocol = 'graphql-transport-ws',
    headers = {},
    path = '/graphql',
  }: { protocol?: string | string[]; headers?: Record<string, string>; path?: string } = {},
): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, protocol, { headers });
  const arrived: Message[] = [];
  const waiting: ((message: Message) => void)[] = [];
  socket.on('message', (data) => {
    const message: Message = JSON.parse(data.toString());
    const taker = waiting.shift();
    if (taker) taker(message);
    else arrived.push(message);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await once(socket, 'open');
  socket.on('error', () => {}); // the close that follows says what the test wants to know
  const send = (message: unknown) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const next = () => {
    const message = arrived.shift();
    return message ? Promise.resolve(message) : new Promise<Message>((resolve) => waiting.push(resolve));
  };
  return {
    socket,
    send,
    next,
    closed,
    run: async (id, query, variables = {}) => {
      send({ id, type: 'subscribe', payload: { query, variables } });
      const messages: Message[] = [];
      for (;;) {
        const message = await next();
        if (message.id !== id) continue;
        messages.push(message);
        if (message.type === 'complete' || message.type === 'error') return messages;
      }
    },
  };
}

/** The same, introduced with a token, or without one. */
export async function openGreetedSocket(url: string, token?: string): Promise<RawSocket> {
  const raw = await openSocket(url);
  raw.send({ type: 'connection_init', payload: token ? { authorization: `Bearer ${token}` } : {} });
  const ack = await raw.next();
  if (ack.type !== 'connection_ack') throw new Error(`The server said ${ack.type}.`);
  return raw;
}

/** The HTTP status with which the server refuses to become a WebSocket. */
export async function refusalStatus(
  url: string,
  headers: Record<string, string>,
  path = '/graphql',
): Promise<number | undefined> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, 'graphql-transport-ws', { headers });
  socket.on('error', () => {});
  const [, response]: [unknown, IncomingMessage] = await new Promise((resolve) =>
    socket.once('unexpected-response', (...args) => resolve(args)),
  );
  response.resume();
  socket.terminate();
  return response.statusCode;
}
