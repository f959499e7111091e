import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { z } from 'zod';

/** What the clients are told: where to connect and what to watch. */
const orderShape = z.object({
  transport: z.enum(['websocket', 'sse']),
  url: z.string(),
  asyncTaskIds: z.array(z.string()),
  subscribers: z.number(),
  /** How many of them, besides, stop reading after their first event. */
  stalled: z.number(),
});
export type ClientOrder = z.infer<typeof orderShape>;

/** What a measurement found; delays in ms. */
export const findingsShape = z.object({
  events: z.number(),
  p50: z.number(),
  p99: z.number(),
  max: z.number(),
});

const document = `subscription Watch($asyncTaskId: ID!) {
  customerExportProgress(asyncTaskId: $asyncTaskId) {
    asyncTaskId status progress objectCount totalObjectCount objectsPerSecond estimatedCompletionAt attempts
    file { url fileSize fileChecksum } failure { code message }
  }
}`;
/** Connections made at a time. */
const AT_ONCE = 100;

const delays = createHistogram();
/** The producer puts the instant of each change into this field. */
const mark = '"estimatedCompletionAt":"';
let lastText = '';
let lastInstant = 0;

function record(chunk: Buffer): void {
  const now = performance.timeOrigin + performance.now();
  for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + mark.length)) {
    const text = chunk.toString('latin1', at + mark.length, at + mark.length + 24);
    if (text !== lastText) {
      lastText = text;
      lastInstant = Date.parse(text);
    }
    delays.record(Math.max(1, Math.round((now - lastInstant) * 1000)));
  }
}

/**
 * Resolves with the first event. The bytes are looked at as they come: a library that takes messages apart for each of
 * thousands of clients costs as much as the gateway does, and clients that are late would look like a gateway that is.
 */
function follow(socket: Socket, stalls: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let hasBegun = false;
    socket.on('data', (chunk) => {
      if (hasBegun) return record(chunk);
      if (chunk.includes('"errors"')) reject(new Error(chunk.toString()));
      if (!chunk.includes('"data"')) return;
      hasBegun = true;
      if (stalls) socket.pause();
      resolve();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The gateway has closed a connection.')));
  });
}

async function subscribeByWebSocket(url: string, asyncTaskId: string, stalls: boolean): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const upgrade = [
    ...['GET /graphql HTTP/1.1', `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`],
    'Sec-WebSocket-Protocol: graphql-transport-ws',
  ];
  socket.write(`${upgrade.join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  socket.write(frameOf(1, '{"type":"connection_init"}'));
  await once(socket, 'data');
  const payload = { query: document, variables: { asyncTaskId } };
  socket.write(frameOf(1, JSON.stringify({ id: crypto.randomUUID(), type: 'subscribe', payload })));
  // Pings come by themselves or behind an event, whose text has no such bytes.
  socket.on('data', (chunk) => {
    if (chunk[chunk.length - 2] === 0x89 && chunk[chunk.length - 1] === 0) socket.write(frameOf(10, ''));
  });
  await follow(socket, stalls);
}

/** A WebSocket frame of a client's; its mask changes nothing. */
function frameOf(opcode: number, text: string): Buffer {
  const { length } = Buffer.from(text);
  const size = length < 126 ? [length] : [126, length >> 8, length & 255];
  const [first = 0, ...rest] = size;
  return Buffer.concat([Buffer.of(0x80 | opcode, 0x80 | first, ...rest, 0, 0, 0, 0), Buffer.from(text)]);
}

async function subscribeBySse(url: string, asyncTaskId: string, stalls: boolean): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const query = new URLSearchParams({ query: document, variables: JSON.stringify({ asyncTaskId }) });
  const socket = connect(Number(port), hostname);
  socket.write(`GET /graphql?${query} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`);
  await follow(socket, stalls);
}

async function open(order: ClientOrder): Promise<void> {
  const subscribe = order.transport === 'websocket' ? subscribeByWebSocket : subscribeBySse;
  const all = order.subscribers + order.stalled;
  for (let made = 0; made < all; made += AT_ONCE) {
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, all - made) }, (_, i) =>
        subscribe(
          order.url,
          order.asyncTaskIds[(made + i) % order.asyncTaskIds.length] ?? '',
          made + i >= order.subscribers,
        ),
      ),
    );
  }
}

function findings(): z.infer<typeof findingsShape> {
  const ms = (microseconds: number) => Math.round(microseconds / 100) / 10;
  return {
    events: delays.count,
    p50: ms(delays.percentile(50)),
    p99: ms(delays.percentile(99)),
    max: ms(delays.max),
  };
}

process.on('message', async (message) => {
  if (message === 'reset') {
    delays.reset();
    process.send?.('reset');
  } else if (message === 'report') process.send?.(findings());
  else {
    await open(orderShape.parse(message));
    process.send?.('open');
  }
});
process.once('disconnect', () => process.exit());
