import { once } from 'node:events';
import { connect } from 'node:net';
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { expect, test } from 'vitest';
import { type Feed, openFeed } from '../../src/exports/feed.ts';
import { eventually } from '../support/eventually.ts';
import { serveSchema } from '../support/graphql-server.ts';
import { openGreetedSocket } from '../support/raw-websocket.ts';

type Event = { readonly n: number };
/** Many times more of these are sent than the buffers of a connection hold. */
const padding = 'x'.repeat(1_000_000);
const EVENTS = 60;

function makeSchema() {
  const feeds = new Set<Feed<Event>>();
  const event = new GraphQLObjectType<Event>({
    name: 'Event',
    fields: { n: { type: GraphQLInt }, padding: { type: GraphQLString, resolve: () => padding } },
  });
  return {
    feeds,
    schema: new GraphQLSchema({
      query: new GraphQLObjectType({ name: 'Query', fields: { ok: { type: GraphQLString } } }),
      subscription: new GraphQLObjectType({
        name: 'Subscription',
        fields: {
          events: {
            type: event,
            subscribe: () => {
              const feed = openFeed<Event>(() => feeds.delete(feed));
              feeds.add(feed);
              feed.put('event', { n: 0 });
              return feed.stream;
            },
            resolve: (value: Event) => value,
          },
        },
      }),
    }),
  };
}

const query = 'subscription { events { n padding } }';

/** A subscriber that tells which events it has been sent, and can stop reading. */
type Subscriber = {
  readonly seen: () => readonly number[];
  readonly pause: () => void;
  readonly resume: () => void;
  readonly leave: () => void;
};

async function byWebSocket(url: string): Promise<Subscriber> {
  const { socket, send } = await openGreetedSocket(url);
  const seen: number[] = [];
  socket.on('message', (data) => seen.push(JSON.parse(data.toString()).payload.data.events.n));
  send({ id: 'x', type: 'subscribe', payload: { query } });
  await once(socket, 'message');
  return {
    seen: () => seen,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    leave: () => socket.terminate(),
  };
}

async function bySse(url: string): Promise<Subscriber> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const seen: number[] = [];
  let rest = '';
  socket.on('data', (chunk) => {
    const text = rest + chunk.toString('latin1');
    let read = 0;
    for (const match of text.matchAll(/"n":(\d+),/g)) {
      seen.push(Number(match[1]));
      read = match.index + match[0].length;
    }
    rest = text.slice(Math.max(read, text.length - 20)); // a number may be cut in two
  });
  socket.write(
    `GET /graphql?query=${encodeURIComponent(query)} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`,
  );
  await eventually(() => expect(seen).toEqual([0]));
  return {
    seen: () => seen,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    leave: () => socket.destroy(),
  };
}

test.each([
  ['WebSocket', byWebSocket],
  ['SSE', bySse],
])(
  'clients that stop reading hold up nobody else, and get the newest state later: %s',
  async (_, subscribe) => {
    const { schema, feeds } = makeSchema();
    await using server = await serveSchema(schema);
    const stalled = await Promise.all(Array.from({ length: 5 }, () => subscribe(server.url)));
    const quick = await subscribe(server.url);
    for (const client of stalled) client.pause();
    for (let n = 1; n <= EVENTS; n++) {
      for (const feed of feeds) feed.put('event', { n });
      await eventually(() => expect(quick.seen().at(-1)).toBe(n), { interval: 1 });
    }
    expect(quick.seen()).toHaveLength(EVENTS + 1);

    for (const client of stalled) client.resume();
    for (const client of stalled) {
      await eventually(() => expect(client.seen().at(-1)).toBe(EVENTS));
      // What the operating system had taken, one that was on its way, and the one that was held for it.
      expect(client.seen().length).toBeLessThan(EVENTS / 2);
      expect([...client.seen()]).toEqual([...client.seen()].sort((a, b) => a - b));
    }
    for (const client of [...stalled, quick]) client.leave();
    await eventually(() => expect(feeds.size).toBe(0));
  },
);

test.each([
  ['WebSocket', byWebSocket],
  ['SSE', bySse],
])('a client that leaves while it does not read is let go: %s', async (_, subscribe) => {
  const { schema, feeds } = makeSchema();
  await using server = await serveSchema(schema);
  const client = await subscribe(server.url);
  client.pause();
  for (let n = 1; n <= 20; n++) {
    for (const feed of feeds) feed.put('event', { n });
    await new Promise(setImmediate);
  }
  client.leave();
  await eventually(() => expect(feeds.size).toBe(0));
});
