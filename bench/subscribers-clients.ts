import { connect } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { WebSocket } from 'ws';
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

function record(message: Buffer): void {
  const at = message.indexOf(mark);
  if (at < 0) return;
  const text = message.toString('latin1', at + mark.length, at + mark.length + 24);
  if (text !== lastText) {
    lastText = text;
    lastInstant = Date.parse(text);
  }
  delays.record(Math.max(1, Math.round((performance.timeOrigin + performance.now() - lastInstant) * 1000)));
}

/** Resolves with the first event. */
function subscribeByWebSocket(url: string, asyncTaskId: string, stalls: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.once('error', reject);
    socket.once('open', () => socket.send('{"type":"connection_init"}'));
    socket.once('message', () => {
      const payload = { query: document, variables: { asyncTaskId } };
      socket.send(JSON.stringify({ id: crypto.randomUUID(), type: 'subscribe', payload }));
      socket.once('message', (first: Buffer) => {
        if (!first.includes('"next"')) return reject(new Error(first.toString()));
        if (stalls) socket.pause();
        else socket.on('message', record);
        resolve();
      });
    });
  });
}

function subscribeBySse(url: string, asyncTaskId: string, stalls: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(url);
    const query = new URLSearchParams({ query: document, variables: JSON.stringify({ asyncTaskId }) });
    const socket = connect(Number(port), hostname);
    socket.once('error', reject);
    socket.write(`GET /graphql?${query} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`);
    let isFirst = true;
    socket.on('data', (chunk: Buffer) => {
      if (!chunk.includes('data: {"data"')) {
        if (isFirst && !chunk.includes(' 200 ')) reject(new Error(chunk.toString()));
        return;
      }
      if (!isFirst) return record(chunk);
      isFirst = false;
      if (stalls) socket.pause();
      resolve();
    });
  });
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
