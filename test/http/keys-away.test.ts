import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { useApp } from '../support/app.ts';
import { query } from '../support/client.ts';
import { makeKey, signToken } from '../support/tokens.ts';

// Nobody listens there.
const issuer = { JWT_JWKS_URL: 'http://127.0.0.1:1/keys', JWT_ISSUER: 'https://issuer', JWT_AUDIENCE: 'us' };
const app = useApp({ ROLES: 'gateway', ...issuer });
const bearer = async () => `Bearer ${await signToken(await makeKey('ES256'))}`;

test('while no key is known a token is a 503 and not a 401: it may be good', async () => {
  const authorization = await bearer();
  const { status, body } = await query(app.url(), '{ brands { code } }', {}, { authorization });
  expect(status).toBe(503);
  expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });

  const id = '0acc32c8-05aa-4eb5-982b-0233e7b32012';
  for (const path of [`/customer/cartier/export/${id}`, `/exports/${id}/file`]) {
    const response = await fetch(`${app.url()}${path}`, { headers: { authorization } });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.json()).toMatchObject({ responseStatus: { errorCode: 'SERVICE_UNAVAILABLE' } });
  }
  expect((await query(app.url(), '{ brands { code } }')).status).toBe(401);
});

test('while no key is known a WebSocket is closed with 1013, after which clients try again', async () => {
  const authorization = await bearer();
  const socket = new WebSocket(`${app.url().replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
  const [code] = await once(socket, 'close');
  expect(code).toBe(1013);
});
