import { expect, test } from 'vitest';
import { useApp } from '../../support/app.ts';
import { openGreetedSocket, refusalStatus } from '../../support/raw-websocket.ts';

const app = useApp({ ROLES: 'gateway' });

test('without authentication anybody on this machine may connect, with or without a token', async () => {
  for (const token of [undefined, 'anything']) {
    const raw = await openGreetedSocket(app.url(), token);
    expect(await raw.run('1', '{ __typename }')).toHaveLength(2);
    raw.socket.terminate();
  }
});

test('without authentication a page whose name was pointed at this machine is refused', async () => {
  const { port } = new URL(app.url());
  const host = `evil.example:${port}`;
  expect(await refusalStatus(app.url(), { host, origin: `http://${host}` })).toBe(403);
  expect(await refusalStatus(app.url(), { host })).toBe(403);
});
