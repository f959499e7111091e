import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/postgres.ts';
import { type Server, startServer } from '../support/process.ts';
import { openGreetedSocket, openSocket } from '../support/raw-websocket.ts';
import { bodies, echoes, mail, messages, operations, requests, word } from './echo-cases.ts';

const { db, url } = useDatabase();
let folder = '';
let server: Server;
let gateway = '';

beforeAll(async () => {
  await db.execute(sql`insert into brands values ('cartier', 'Cartier')`);
  await db.execute(sql`insert into points_of_sale values ('cartier', 'P1', 'Paris')`);
  folder = await mkdtemp(join(tmpdir(), 'export-echo-'));
  const settings = { ROLES: 'gateway', INTROSPECTION: 'on', LOG_LEVEL: 'trace' };
  server = startServer({ env: { ...settings, DATABASE_URL: url, DATA_DIR: folder } });
  gateway = await server.ready;
});
afterAll(async () => {
  server.signal('SIGKILL');
  await server.ended;
  await rm(folder, { recursive: true, force: true });
});

/** All that an HTTP answer says, once it is known to be a refusal. */
async function hear(path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(gateway + path, { ...init, redirect: 'manual' });
  const text = await response.text();
  expect(response.status).toBeLessThan(500);
  expect(text).not.toContain('INTERNAL_SERVER_ERROR');
  if (response.ok) expect(text).toMatch(/"errors":\[\{|"userErrors":\[\{/);
  // Every refusal says what is wrong, in JSON.
  else
    expect(text).toMatch(
      /^(:\s+event: next\ndata: )?\{"(errors|responseStatus)":.*"message":"(\\.|[^"]){10}/,
    );
  return [text, ...[...response.headers].flat()].join('\n');
}

const ask = (operation: object, accept: string) =>
  hear('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(operation),
  });

describe('a refusal does not repeat what its caller sent', () => {
  test.each(Object.entries(operations))('in an operation: %s', async (_, operation) => {
    expect(await ask(operation, 'application/json')).not.toMatch(echoes);
    expect(await ask(operation, 'application/graphql-response+json')).not.toMatch(echoes);
    expect(await ask(operation, 'text/event-stream')).not.toMatch(echoes);
    const socket = await openGreetedSocket(gateway);
    socket.send({ id: '1', type: 'subscribe', payload: operation });
    const said = await Promise.race([socket.next(), socket.closed]);
    expect(JSON.stringify(said)).toMatch(/"errors":\[\{|"userErrors":\[\{|"type":"error"|"code":4400/);
    expect(JSON.stringify(said)).not.toMatch(echoes);
    socket.socket.terminate();
  });

  test.each(Object.entries(bodies))(
    'in a body of REST: %s',
    async (_, { type = 'application/json', body }) => {
      const headers = { 'content-type': type };
      expect(await hear('/customer/cartier/export', { method: 'POST', headers, body })).not.toMatch(echoes);
    },
  );

  test.each(Object.entries(requests))('in a URL or a header: %s', async (_, { path, init }) => {
    expect(await hear(path, init)).not.toMatch(echoes);
  });

  test.each(Object.entries(messages))('in the reason why a socket is closed: %s', async (_, message) => {
    const socket = await openGreetedSocket(gateway);
    socket.send(message);
    const { code, reason } = await socket.closed;
    expect([1009, 4400, 4429]).toContain(code);
    expect(reason).not.toMatch(echoes);
  });

  test('in the reason why a socket is closed: an id that is in use', async () => {
    const socket = await openGreetedSocket(gateway);
    const operation = { query: 'subscription { customerExportsProgress { status } }' };
    for (let n = 0; n < 2; n++) socket.send({ id: mail, type: 'subscribe', payload: operation });
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber already exists' });
  });

  test('in the reason why a socket is closed: an operation before its introduction', async () => {
    const socket = await openSocket(gateway);
    socket.send({ id: mail, type: 'subscribe', payload: { query: `{ ${word} }` } });
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
  });
});

test('what has to be named is: an unknown code of a point of sale, and a name that could be one of ours', async () => {
  const start =
    'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { userErrors { message } } }';
  const filter = { brand: 'cartier', posCodes: ['P9'] };
  const json = 'application/json';
  expect(
    await ask({ query: start, variables: { input: { downloadRequestId: 'x', filter } } }, json),
  ).toContain('P9');
  expect(await ask({ query: '{ brands { colour } }' }, json)).toContain('Cannot query field \\"colour\\"');
  expect(await ask({ query: start, variables: { input: { colour: 1 } } }, json)).toContain('\\"colour\\"');
  const rest = { method: 'POST', headers: { 'content-type': json }, body: '{"colour": 1}' };
  expect(await hear('/customer/cartier/export', rest)).toContain('"fieldName":"colour"');
});

test('none of it is in the log', async () => {
  server.signal('SIGTERM');
  await server.ended;
  expect(server.log.length).toBeGreaterThan(1);
  expect(server.output()).not.toMatch(echoes);
  expect(server.output()).not.toContain('"level":"error"');
});
