import { expect, test } from 'vitest';
import { useApp } from '../support/app.ts';

const friend = 'https://crm.example';
const app = useApp({ ALLOWED_ORIGINS: friend });
const body = JSON.stringify({ query: '{ brands { code } }' });
const json = { 'content-type': 'application/json' };

test.each(['/graphql', '/customer/maison/export', '/exports/00000000-0000-0000-0000-000000000000/file'])(
  'a page of an allowed origin may ask %s first, and call it',
  async (path) => {
    const preflight = await fetch(app.url() + path, {
      method: 'OPTIONS',
      headers: {
        origin: friend,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(friend);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const call = await fetch(app.url() + path, {
      method: 'POST',
      headers: { ...json, origin: friend },
      body,
    });
    expect(call.headers.get('access-control-allow-origin')).toBe(friend);
    expect(call.status).not.toBe(403);
  },
);

test.each(['/graphql', '/customer/maison/export'])(
  'a page of another origin changes nothing at %s, and may read nothing',
  async (path) => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
      const call = await fetch(app.url() + path, {
        method: 'POST',
        headers: { origin: 'https://evil.example', 'content-type': type },
        body,
      });
      expect(call.status).toBe(403);
      expect(call.headers.get('access-control-allow-origin')).toBeNull();
    }
  },
);

test('our own pages and clients without an origin may call', async () => {
  for (const headers of [json, { ...json, origin: app.url() }]) {
    const call = await fetch(`${app.url()}/graphql`, { method: 'POST', headers, body });
    expect(call.status).toBe(200);
  }
});

test('without authentication a name that was pointed at this machine is refused', async () => {
  const { request } = await import('node:http');
  const status = await new Promise((resolve, reject) => {
    const { port } = new URL(app.url());
    request({ host: '127.0.0.1', port, path: '/health/live', headers: { host: 'evil.example' } }, (res) => {
      res.resume();
      resolve(res.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
});
