import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startingRoutes } from '../../src/http/starting.ts';
import { useGateway } from '../support/gateway.ts';

const { ask } = useGateway(() => startingRoutes, { log: pino({ level: 'silent' }) });

test('a server without its database is alive and not ready', async () => {
  expect((await ask('/health/live')).status).toBe(200);
  const ready = await ask('/health/ready');
  expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '5']);
});

test('it tells GraphQL clients so in their own words', async () => {
  for (const method of ['GET', 'POST']) {
    const response = await ask('/graphql?query=x', { method });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    });
  }
});

test('it tells everybody else so, whatever they ask for', async () => {
  for (const path of ['/', '/customer/cartier/export', '/exports/1/file', '/graphql-not']) {
    const response = await ask(path, { method: 'POST' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.json()).toMatchObject({ responseStatus: { errorCode: 'NOT_READY' } });
  }
});
