import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { exports } from '../../src/db/tables.ts';
import { useApp } from '../support/app.ts';
import { query } from '../support/client.ts';
import { changeExport, insertExport } from '../support/exports.ts';
import { openGreetedSocket, openSocket, type RawSocket, refusalStatus } from '../support/raw-websocket.ts';
import { makeKey, secondsFromNow, serveKeys, signToken } from '../support/tokens.ts';

const key = await makeKey('ES256');
const keys = await serveKeys([key]);
// Without a worker, so that nobody touches the rows that stand for exports here.
const app = useApp({ ...keys.env, ROLES: 'gateway', ALLOWED_ORIGINS: 'https://crm.example' });
const opened: RawSocket[] = [];
let alice = '';
let silent: RawSocket;

const keep = async (opening: Promise<RawSocket>) => {
  const raw = await opening;
  opened.push(raw);
  return raw;
};
const open = (options: Parameters<typeof openSocket>[1] = {}) => keep(openSocket(app.url(), options));
const greet = (token = alice) => keep(openGreetedSocket(app.url(), token));

beforeAll(async () => {
  alice = await signToken(key);
  silent = await open();
});
afterAll(async () => {
  for (const { socket } of opened) socket.terminate();
  await keys[Symbol.asyncDispose]();
});

const watch = 'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status objectCount } }';
const unknownId = '00000000-0000-4000-8000-000000000000';

const addExport = (values: Parameters<typeof insertExport>[1] = {}) => insertExport(app.db, values);

describe('the protocol', () => {
  test.each([
    ['no JSON', 'hello'],
    ['no message', '[]'],
    ['an unknown type', { type: 'subscribed' }],
    ['an operation without an id', { type: 'subscribe', payload: { query: '{ brands { code } }' } }],
    ['an operation without a document', { type: 'subscribe', id: '1', payload: {} }],
    ['what servers say', { type: 'connection_ack' }],
  ])('%s closes the socket with 4400', async (_, message) => {
    const raw = await greet();
    raw.send(message);
    expect(await raw.closed).toMatchObject({ code: 4400 });
  });

  test('a binary message closes the socket with 4400', async () => {
    const raw = await greet();
    raw.socket.send(Buffer.from('{"type":"ping"}'));
    expect(await raw.closed).toMatchObject({ code: 4400 });
  });

  test('an operation before the server’s consent closes the socket with 4401', async () => {
    const raw = await open();
    raw.send({ id: '1', type: 'subscribe', payload: { query: '{ brands { code } }' } });
    expect(await raw.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
  });

  test.each([
    ['no token', {}],
    ['a token that is none', { authorization: 'Bearer secret' }],
    ['no text for a token', { authorization: { token: 'x' } }],
  ])('%s closes the socket with 4403', async (_, payload) => {
    const raw = await open();
    raw.send({ type: 'connection_init', payload });
    expect(await raw.closed).toEqual({ code: 4403, reason: 'Forbidden' });
  });

  test('the socket is closed with 4403 when its token expires', async () => {
    const id = await addExport();
    // Counted in whole seconds: it lives for one at least, so that there is time for the first event.
    const raw = await greet(await signToken(key, { exp: secondsFromNow(2) }));
    raw.send({ id: '1', type: 'subscribe', payload: { query: watch, variables: { id } } });
    expect(await raw.next()).toMatchObject({ type: 'next', id: '1' });
    expect(await raw.closed).toEqual({ code: 4403, reason: 'The token has expired.' });
  });

  test('a client without the subprotocol is closed with 4406', async () => {
    const raw = await open({ protocol: [] });
    expect(await raw.closed).toMatchObject({ code: 4406 });
  });

  test('the old subprotocol is not agreed to', async () => {
    // A client that asked for a protocol and got none hangs up by itself.
    await expect(open({ protocol: 'graphql-ws' })).rejects.toThrow('Server sent no subprotocol');
  });

  test('a second introduction closes the socket with 4429', async () => {
    const raw = await greet();
    raw.send({ type: 'connection_init' });
    expect(await raw.closed).toMatchObject({ code: 4429 });
  });

  test('an id that is in use closes the socket with 4409', async () => {
    const raw = await greet();
    const subscribe = {
      id: 'same',
      type: 'subscribe',
      payload: { query: watch, variables: { id: await addExport() } },
    };
    raw.send(subscribe);
    raw.send(subscribe);
    expect(await raw.closed).toEqual({ code: 4409, reason: 'Subscriber already exists' });
  });

  test('a message of more than 256 KiB closes the socket with 1009, and only that one', async () => {
    const other = await greet();
    const raw = await greet();
    raw.send({ type: 'ping', payload: { padding: 'x'.repeat(262_144) } });
    expect(await raw.closed).toMatchObject({ code: 1009 });
    other.send({ type: 'ping' });
    expect(await other.next()).toEqual({ type: 'pong' });
  });

  test('a message of 200 kB is taken', async () => {
    const raw = await greet();
    const [answer] = await raw.run(
      '1',
      'query ($filter: CustomerFilterInput!) { customers(filter: $filter) { totalCount } }',
      { filter: { brand: 'nowhere', posCodes: ['x'.repeat(200_000)] } },
    );
    expect(answer?.payload.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test('more than a thousand messages at once close the socket with 1008, and only that one', async () => {
    const other = await greet();
    const raw = await greet();
    for (let sent = 0; sent < 1_500; sent++) raw.send({ type: 'pong' });
    expect(await raw.closed).toEqual({ code: 1008, reason: 'Too many messages.' });
    for (let sent = 0; sent < 900; sent++) other.send({ type: 'pong' });
    other.send({ type: 'ping' });
    expect(await other.next()).toEqual({ type: 'pong' });
  });

  test('a socket that does not introduce itself within 5 seconds is closed with 4408', async () => {
    expect(await silent.closed).toMatchObject({ code: 4408 });
  });
});

describe('who may connect', () => {
  test('a page of a foreign origin is refused with 403 before it is a socket', async () => {
    expect(await refusalStatus(app.url(), { origin: 'https://evil.example' })).toBe(403);
    expect(await refusalStatus(app.url(), { origin: 'null' })).toBe(403);
  });

  test('another path is refused with 404', async () => {
    expect(await refusalStatus(app.url(), {}, '/other')).toBe(404);
    expect(await refusalStatus(app.url(), {}, '//')).toBe(404);
  });

  test.each([['its own'], ['an allowed']])('a page of %s origin connects', async (kind) => {
    const origin = kind === 'its own' ? app.url() : 'https://crm.example';
    const raw = await open({ headers: { origin } });
    raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${alice}` } });
    expect(await raw.next()).toEqual({ type: 'connection_ack' });
  });
});

describe('what is wrong with an operation', () => {
  test.each([
    ['a syntax error', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{ brands { colour } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['a missing selection', 'subscription { customerExportsProgress }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['a document without an operation', 'fragment F on Brand { code }', {}, 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s is that operation’s error, and the socket stays', async (_, document, variables, code) => {
    const raw = await greet();
    raw.send({
      id: 'other',
      type: 'subscribe',
      payload: { query: watch, variables: { id: await addExport() } },
    });
    expect(await raw.next()).toMatchObject({ id: 'other', type: 'next' });
    for (const id of ['first time', 'second time']) {
      const messages = await raw.run(id, document, variables);
      expect(messages).toMatchObject([{ id, type: 'error', payload: [{ extensions: { code } }] }]);
      expect(JSON.stringify(messages)).not.toContain('"http"');
    }
    const answer = await raw.run('good', '{ __typename }');
    expect(answer).toEqual([
      { id: 'good', type: 'next', payload: { data: { __typename: 'Query' } } },
      { id: 'good', type: 'complete' },
    ]);
  });

  test('an unnamed operation among several is refused', async () => {
    const raw = await greet();
    const messages = await raw.run('1', 'query A { __typename } query B { __typename }');
    expect(messages).toMatchObject([
      { type: 'error', payload: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    ]);
  });

  test('a variable of the wrong type is an error, and the socket stays', async () => {
    const raw = await greet();
    const messages = await raw.run('1', watch, { id: { no: 'id' } });
    expect(messages).toHaveLength(2);
    expect(messages[0]?.payload.errors[0].message).toContain('ID cannot represent');
    expect(messages[1]).toEqual({ id: '1', type: 'complete' });
    expect(await raw.run('2', '{ __typename }')).toHaveLength(2);
  });

  test('an export that does not exist, is malformed or somebody else’s is NOT_FOUND alike', async () => {
    const raw = await greet(await signToken(key, { brands: ['cartier'] }));
    const foreign = await addExport({ requestedBy: 'bob' });
    const otherBrand = await addExport({ brand: 'piaget' });
    for (const id of [unknownId, 'no id', '', foreign, otherBrand]) {
      expect(await raw.run('1', watch, { id })).toEqual([
        {
          id: '1',
          type: 'next',
          payload: {
            errors: [
              {
                message: 'There is no such export.',
                locations: [{ line: 1, column: 27 }],
                path: ['customerExportProgress'],
                extensions: { code: 'NOT_FOUND' },
              },
            ],
          },
        },
        { id: '1', type: 'complete' },
      ]);
    }
  });

  test('a fault of ours is masked, and carries a requestId', async () => {
    const id = await addExport({ status: 'HAUNTED' });
    const raw = await greet();
    for (const document of [
      watch,
      'query ($id: ID!) { customerExport(asyncTaskId: $id) { status } }',
      'mutation ($id: ID!) { cancelCustomerExport(asyncTaskId: $id) { userErrors { code } } }',
    ]) {
      const [message] = await raw.run('1', document, { id });
      expect(message?.payload.errors[0].extensions).toEqual({
        code: 'INTERNAL_SERVER_ERROR',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(JSON.stringify(message)).not.toContain('HAUNTED');
    }
    await app.db.delete(exports);
  });

  test('errors are those that the same operation has over HTTP', async () => {
    const raw = await greet();
    const headers = { authorization: `Bearer ${alice}` };
    for (const document of [
      '{',
      '{ brands { colour } }',
      `subscription { customerExportsProgress { id } }`,
    ]) {
      const [message] = await raw.run('1', document);
      const { body } = await query(app.url(), document, {}, headers);
      expect(message?.payload).toEqual(body.errors);
    }
  });

  test('the 101st operation of a socket is refused, and a place is free when one ends', async () => {
    const raw = await greet();
    const id = await addExport();
    for (let n = 1; n <= 100; n++) {
      raw.send({ id: `${n}`, type: 'subscribe', payload: { query: watch, variables: { id } } });
    }
    for (let n = 1; n <= 100; n++) expect(await raw.next()).toMatchObject({ type: 'next' });
    expect(await raw.run('101', watch, { id })).toMatchObject([
      { type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED' } }] },
    ]);
    raw.send({ id: '7', type: 'complete' });
    raw.send({ id: '101', type: 'subscribe', payload: { query: watch, variables: { id } } });
    expect(await raw.next()).toMatchObject({ id: '101', type: 'next' });
  });
});

describe('what a socket is for', () => {
  test('queries and mutations work as well', async () => {
    const raw = await greet();
    expect(await raw.run('q', '{ customerExports { totalCount } }')).toMatchObject([
      { type: 'next', payload: { data: { customerExports: { totalCount: expect.any(Number) } } } },
      { type: 'complete' },
    ]);
    const cancel = `mutation ($id: ID!) { cancelCustomerExport(asyncTaskId: $id) { userErrors { code } } }`;
    expect(await raw.run('m', cancel, { id: unknownId })).toMatchObject([
      { type: 'next', payload: { data: { cancelCustomerExport: { userErrors: [{ code: 'NOT_FOUND' }] } } } },
      { type: 'complete' },
    ]);
  });

  test('operations may have ids that objects have', async () => {
    const raw = await greet();
    for (const id of ['__proto__', 'constructor', '"quoted"\n', '💍']) {
      expect(await raw.run(id, '{ __typename }')).toMatchObject([
        { id, type: 'next' },
        { id, type: 'complete' },
      ]);
    }
  });

  test('a subscription that the client completes gets nothing more', async () => {
    const raw = await greet();
    const id = await addExport();
    raw.send({ id: 'left', type: 'subscribe', payload: { query: watch, variables: { id } } });
    raw.send({ id: 'stays', type: 'subscribe', payload: { query: watch, variables: { id } } });
    await raw.next();
    await raw.next();
    raw.send({ id: 'left', type: 'complete' });
    raw.send({ type: 'ping' });
    expect(await raw.next()).toEqual({ type: 'pong' });
    await changeExport(app.db, id, { status: 'CANCELED' });
    expect(await raw.next()).toMatchObject({ id: 'stays', type: 'next' });
    expect(await raw.next()).toEqual({ id: 'stays', type: 'complete' });
  });
});

test('a server that stops says goodbye with 1001, and does not wait for who does not answer', async () => {
  const polite = await greet();
  const deaf = await greet();
  deaf.socket.pause();
  const started = performance.now();
  await app.stop();
  expect(performance.now() - started).toBeLessThan(4_000);
  expect(await polite.closed).toMatchObject({ code: 1001 });
  if (deaf.socket.readyState !== WebSocket.CLOSED) {
    const close = once(deaf.socket, 'close');
    deaf.socket.terminate();
    await close;
  }
});
