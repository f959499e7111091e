import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { changeExport, insertExport } from '../support/exports.ts';
import { makeKey, secondsFromNow, serveKeys, signToken } from '../support/tokens.ts';

const key = await makeKey('ES256');
const keys = await serveKeys([key]);
const app = useApp({ ...keys.env, ROLES: 'gateway' });
let alice = '';

beforeAll(async () => {
  alice = await signToken(key);
});
afterAll(() => keys[Symbol.asyncDispose]());

const watch = 'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status objectCount } }';
const unknownId = '00000000-0000-4000-8000-000000000000';

function ask(
  query: string,
  variables: Record<string, unknown>,
  { token = alice, accept = 'text/event-stream', method = 'POST' } = {},
): Promise<Response> {
  const headers = { accept, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  if (method === 'GET') {
    const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
    return fetch(`${app.url()}/graphql?${search}`, { headers });
  }
  return fetch(`${app.url()}/graphql`, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
}

/** The stream's text as it comes. */
function reader(response: Response) {
  if (!response.body) throw new Error('The response has no body.');
  const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    cancel: () => chunks.cancel(),
    /** Everything that came so far, once it holds `part`. */
    until: async (part: string) => {
      while (!text.includes(part)) {
        const { done, value } = await chunks.read();
        if (done) throw new Error(`The stream ended without ${part}: ${text}`);
        text += value;
      }
      return text;
    },
    /** Everything, once the stream has ended. */
    end: async () => {
      for (let next = await chunks.read(); !next.done; next = await chunks.read()) text += next.value;
      return text;
    },
  };
}

const event = (data: unknown) => `event: next\ndata: ${JSON.stringify(data)}\n\n`;
const state = (status: string, objectCount: number) =>
  event({ data: { customerExportProgress: { status, objectCount } } });
const complete = 'event: complete\ndata:\n\n';

describe('a subscription', () => {
  test.each(['POST', 'GET'])('by %s is a stream of its states, ended by complete', async (method) => {
    const id = await insertExport(app.db, { objectCount: 1 });
    const response = await ask(watch, { id }, { method });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('connection')).toBe('close');
    const stream = reader(response);
    await stream.until('"objectCount":1');
    await changeExport(app.db, id, { objectCount: 2 });
    await stream.until('"objectCount":2');
    await changeExport(app.db, id, { status: 'FAILED' });
    expect(await stream.end()).toBe(
      `:\n\n${state('RUNNING', 1)}${state('RUNNING', 2)}${state('FAILED', 2)}${complete}`,
    );
  });

  test('of an export that is done is one state and the end', async () => {
    const id = await insertExport(app.db, { status: 'CANCELED' });
    const response = await ask(watch, { id });
    expect(await response.text()).toBe(`:\n\n${state('CANCELED', 0)}${complete}`);
  });

  test('needs no Accept header', async () => {
    const id = await insertExport(app.db, { status: 'CANCELED' });
    const response = await ask(watch, { id }, { accept: '*/*' });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    await response.body?.cancel();
  });

  test('is 406 for a client that takes no events', async () => {
    const id = await insertExport(app.db);
    const response = await ask(watch, { id }, { accept: 'application/json' });
    expect(response.status).toBe(406);
  });

  test('of an export that does not exist, or is somebody else’s, is a NOT_FOUND and the end', async () => {
    const foreign = await insertExport(app.db, { requestedBy: 'bob' });
    for (const id of [unknownId, 'x', foreign]) {
      const response = await ask(watch, { id });
      const text = await response.text();
      expect(text).toContain('"code":"NOT_FOUND"');
      expect(text).not.toContain('"http"');
      expect(text.endsWith(complete)).toBe(true);
    }
  });

  test.each([
    ['no token', ''],
    ['a token that is none', 'secret'],
  ])('with %s is 401', async (_, token) => {
    const response = await ask(watch, { id: unknownId }, { token });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.text()).toContain('UNAUTHENTICATED');
  });

  test('ends when its token expires, and says so', async () => {
    const id = await insertExport(app.db);
    const token = await signToken(key, { exp: secondsFromNow(1) });
    const text = await (await ask(watch, { id }, { token })).text();
    expect(text).toContain(state('RUNNING', 0));
    expect(text).toContain('"code":"UNAUTHENTICATED"');
    expect(text).not.toContain('"http"');
    expect(text.endsWith(complete)).toBe(true);
  });

  test('with a mistake is answered with it', async () => {
    const text = await (await ask('subscription { customerExportsProgress { colour } }', {})).text();
    expect(text).toContain('GRAPHQL_VALIDATION_FAILED');
  });
});

test('all exports of the caller come in one stream, with those that start later', async () => {
  const token = await signToken(key, { sub: 'carol', brands: ['cartier', 'piaget'] });
  const all = `subscription ($brand: String) { customerExportsProgress(brand: $brand) { asyncTaskId status } }`;
  const mine = { requestedBy: 'carol' };
  const running = await insertExport(app.db, mine);
  await insertExport(app.db, { ...mine, status: 'COMPLETED', completedAt: new Date() });
  const [everything, piagets] = await Promise.all([
    ask(all, {}, { token }).then(reader),
    ask(all, { brand: 'piaget' }, { token }).then(reader),
  ]);
  await everything.until(running);
  const later = await insertExport(app.db, { ...mine, brand: 'piaget', status: 'CREATED' });
  await everything.until(later);
  await insertExport(app.db, { requestedBy: 'bob' });
  await changeExport(app.db, later, { status: 'FAILED' });
  const states = [...(await everything.until('FAILED')).matchAll(/"asyncTaskId":"(.*?)","status":"(.*?)"/g)];
  expect(states.map(([, id, status]) => [id, status])).toEqual([
    [running, 'RUNNING'],
    [later, 'CREATED'],
    [later, 'FAILED'],
  ]);
  const fewer = await piagets.until('FAILED');
  expect(fewer).not.toContain(running);
  expect(fewer).toContain(later);
  await Promise.all([everything.cancel(), piagets.cancel()]);
});

/** Sends requests for this path in one packet, one after the other. */
function sendAtOnce(paths: readonly string[]): Socket {
  const socket = connect(Number(new URL(app.url()).port), '127.0.0.1');
  const headers = `Host: x\r\nAuthorization: Bearer ${alice}\r\nAccept: text/event-stream, */*`;
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\n${headers}\r\n\r\n`).join(''));
  return socket;
}

function pathOf(id: string): string {
  return `/graphql?${new URLSearchParams({ query: watch, variables: JSON.stringify({ id }) })}`;
}

test('a stream waits for the answers to what was asked before on its connection', async () => {
  const id = await insertExport(app.db, { status: 'CANCELED' });
  const other = `/graphql?${new URLSearchParams({ query: '{ brands { code } }' })}`;
  const answering = await app.db.transaction(async (tx) => {
    await tx.execute(sql`lock table brands`);
    const answers = text(sendAtOnce([other, pathOf(id)]));
    await wait(500);
    return { answers };
  });
  const answers = await answering.answers;
  expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(answers.endsWith(`\r\n\r\n:\n\n${state('CANCELED', 0)}${complete}`)).toBe(true);
});

test('a server that stops ends its streams', async () => {
  const id = await insertExport(app.db);
  const socket = sendAtOnce([pathOf(id)]);
  while (!String(await once(socket, 'data')).includes('RUNNING'));
  const closed = once(socket, 'close');
  const started = performance.now();
  await app.stop();
  expect(performance.now() - started).toBeLessThan(4_000);
  await closed;
});
