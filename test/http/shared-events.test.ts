import {
  GraphQLError,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import { afterEach, expect, test } from 'vitest';
import { type Feed, openFeed } from '../../src/exports/feed.ts';
import type { Context } from '../../src/graphql/context.ts';
import { serveSchema } from '../support/graphql-server.ts';
import { openGreetedSocket, type RawSocket } from '../support/raw-websocket.ts';

type Event = { readonly n: number };

/** A subscription whose events the test makes, and whose fields count how often they are asked. */
function makeSchema() {
  const feeds = new Set<Feed<Event>>();
  let asked = 0;
  const event = new GraphQLObjectType<Event, Context>({
    name: 'Event',
    fields: {
      n: { type: new GraphQLNonNull(GraphQLInt) },
      later: { type: GraphQLString, resolve: async () => `${++asked}` },
      now: { type: GraphQLString, resolve: () => `${++asked}` },
      echo: { type: GraphQLString, args: { text: { type: GraphQLString } }, resolve: (_, { text }) => text },
      fault: {
        type: GraphQLString,
        resolve: () => {
          throw new Error('password=secret');
        },
      },
      refusal: {
        type: GraphQLString,
        resolve: () => {
          throw new GraphQLError('No.', { extensions: { code: 'FORBIDDEN', http: { status: 403 } } });
        },
      },
      caller: { type: GraphQLString, resolve: (_, __, context) => context.viewer.subject },
      origin: { type: GraphQLString, resolve: (_, __, context) => `${context.origin.ip}` },
    },
  });
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { ok: { type: GraphQLString } } }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: {
        events: {
          type: event,
          subscribe: () => {
            const feed = openFeed<Event>(() => feeds.delete(feed));
            feeds.add(feed);
            feed.put('hello', { n: 0 });
            return feed.stream;
          },
          resolve: (value: Event) => value,
        },
      },
    }),
  });
  return {
    schema,
    asked: () => asked,
    put: (value: Event) => {
      for (const feed of feeds) feed.put('event', value);
    },
    fail: (error: unknown) => {
      for (const feed of feeds) feed.fail(error);
    },
    subscribers: () => feeds.size,
  };
}

const sockets: RawSocket[] = [];
afterEach(() => {
  for (const { socket } of sockets.splice(0)) socket.terminate();
});

type Operation = { query: string; variables?: Record<string, unknown>; operationName?: string };

/** A subscriber that has got the first event, which is its own. */
async function subscribe(url: string, operation: Operation): Promise<RawSocket> {
  const raw = await openGreetedSocket(url);
  sockets.push(raw);
  raw.send({ id: 'x', type: 'subscribe', payload: operation });
  const first = await raw.next();
  expect(first.type).toBe('next');
  return raw;
}

const dataOf = async (raw: RawSocket) => (await raw.next()).payload.data.events;

test.each(['now', 'later'])(
  'an event is executed once for all who ask the same of it (%s)',
  async (field) => {
    const source = makeSchema();
    await using server = await serveSchema(source.schema);
    const query = `subscription { events { n ${field} } }`;
    const subscribers = await Promise.all([1, 2, 3, 4].map(() => subscribe(server.url, { query })));
    const before = source.asked();
    source.put({ n: 1 });
    const data = await Promise.all(subscribers.map(dataOf));
    expect(data).toEqual(subscribers.map(() => ({ n: 1, [field]: `${before + 1}` })));
    source.put({ n: 2 });
    expect(await Promise.all(subscribers.map(dataOf))).toEqual(
      subscribers.map(() => ({ n: 2, [field]: `${before + 2}` })),
    );
  },
);

test('who asks something else gets something else', async () => {
  const source = makeSchema();
  await using server = await serveSchema(source.schema);
  const query = `subscription A($text: String) { events { echo(text: $text) } }
                 subscription B($text: String) { events { other: echo(text: $text) n } }`;
  const operations: Operation[] = [
    { query, operationName: 'A', variables: { text: 'one' } },
    { query, operationName: 'A', variables: { text: 'two' } },
    { query, operationName: 'A' },
    { query, operationName: 'B', variables: { text: 'one' } },
    { query: 'subscription { events { n } }' },
    { query: 'subscription { events { m: n } }' },
  ];
  const subscribers = await Promise.all(operations.map((operation) => subscribe(server.url, operation)));
  source.put({ n: 5 });
  expect(await Promise.all(subscribers.map(dataOf))).toEqual([
    { echo: 'one' },
    { echo: 'two' },
    { echo: null },
    { other: 'one', n: 5 },
    { n: 5 },
    { m: 5 },
  ]);
});

test('a fault of an event is masked and logged once, and everybody is given the same requestId', async () => {
  const source = makeSchema();
  await using server = await serveSchema(source.schema);
  const query = 'subscription { events { n fault } }';
  const subscribers = await Promise.all([1, 2].map(() => subscribe(server.url, { query })));
  const before = server.logged.length;
  source.put({ n: 1 });
  const [one, two] = await Promise.all(subscribers.map((raw) => raw.next()));
  expect(one?.payload).toEqual(two?.payload);
  expect(one?.payload).toMatchObject({
    data: { events: { n: 1, fault: null } },
    errors: [{ path: ['events', 'fault'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  });
  expect(JSON.stringify(one)).not.toContain('secret');
  const faults = server.logged.slice(before).filter(({ level }) => level === 50);
  expect(faults).toHaveLength(1);
  expect(faults[0]?.['requestId']).toBe(one?.payload.errors[0].extensions.requestId);
});

test('what is meant for the HTTP server alone does not reach a socket', async () => {
  const source = makeSchema();
  await using server = await serveSchema(source.schema);
  const raw = await subscribe(server.url, { query: 'subscription { events { refusal } }' });
  source.put({ n: 1 });
  const { payload } = await raw.next();
  expect(payload.errors[0].extensions).toEqual({ code: 'FORBIDDEN' });
});

test.each(['caller', 'origin'])(
  'an event cannot show what depends on who asks: its %s is nobody’s',
  async (field) => {
    const source = makeSchema();
    await using server = await serveSchema(source.schema);
    const raw = await subscribe(server.url, { query: `subscription { events { n ${field} } }` });
    source.put({ n: 1 });
    const { payload } = await raw.next();
    expect(payload.data.events).toEqual({ n: 1, [field]: null });
    expect(payload.errors[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');
    expect(JSON.stringify(server.logged)).toContain('must not depend on who asks');
  },
);

test('a stream that fails ends with a masked error, and the subscription is complete', async () => {
  const source = makeSchema();
  await using server = await serveSchema(source.schema);
  const raw = await subscribe(server.url, { query: 'subscription { events { n } }' });
  source.fail(new Error('password=secret'));
  const { payload } = await raw.next();
  expect(payload.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  expect(JSON.stringify(payload)).not.toContain('secret');
  expect(await raw.next()).toEqual({ id: 'x', type: 'complete' });
  expect(source.subscribers()).toBe(0);
});

test('variables that do not fit are an error of the operation', async () => {
  const source = makeSchema();
  await using server = await serveSchema(source.schema);
  const raw = await openGreetedSocket(server.url);
  sockets.push(raw);
  const query = 'subscription ($text: String!) { events { echo(text: $text) } }';
  const messages = await raw.run('x', query, {});
  expect(messages[0]?.payload.errors).toHaveLength(1);
  expect(source.subscribers()).toBe(0);
});

test('texts of any length and of any script arrive whole', async () => {
  const source = makeSchema();
  await using server = await serveSchema(source.schema);
  const query = 'subscription ($text: String) { events { echo(text: $text) } }';
  for (const length of [0, 25, 26, 27, 100, 65_000, 65_435, 65_436, 65_437, 80_000]) {
    for (const character of ['a', 'é', '漢']) {
      const text = character.repeat(length / Buffer.byteLength(character));
      const raw = await openGreetedSocket(server.url);
      sockets.push(raw);
      raw.send({ id: 'é漢', type: 'subscribe', payload: { query, variables: { text } } });
      const { id, payload } = await raw.next();
      expect({ id, echo: payload.data.events.echo }).toEqual({ id: 'é漢', echo: text });
    }
  }
});
