import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anonymous } from '../../src/auth/viewer.ts';
import { createRateLimit } from '../../src/http/rate-limit.ts';
import { useApp } from '../support/app.ts';
import { query } from '../support/client.ts';
import { viewerOf } from '../support/export-deps.ts';
import { insertExport } from '../support/exports.ts';
import { openGreetedSocket } from '../support/raw-websocket.ts';
import { makeKey, serveKeys, signToken } from '../support/tokens.ts';

const from = (ip: string) => ({ ip, userAgent: null });

describe('a limit', () => {
  test('lets a minute’s worth through, and a burst of four more', async () => {
    const limit = createRateLimit(10);
    const waits = await Promise.all(Array.from({ length: 60 }, () => limit(viewerOf('ann'), from('::1'))));
    expect(waits.filter((seconds) => seconds === 0)).toHaveLength(50);
    expect(waits.slice(50).every((seconds) => seconds >= 1 && seconds <= 60)).toBe(true);
  });

  test('is each caller’s own, wherever they call from', async () => {
    const limit = createRateLimit(1);
    const use = (subject: string, ip: string) => limit(viewerOf(subject), from(ip));
    for (const ip of ['::1', '::2', '::3', '::4', '::5']) expect(await use('ann', ip)).toBe(0);
    expect(await use('ann', '::6')).toBeGreaterThan(0);
    expect(await use('bob', '::6')).toBe(0);
  });

  test('is each address’s own where nobody says who they are', async () => {
    const limit = createRateLimit(1);
    for (let i = 0; i < 5; i++) expect(await limit(anonymous, from('::1'))).toBe(0);
    expect(await limit(anonymous, from('::1'))).toBeGreaterThan(0);
    expect(await limit(anonymous, from('::2'))).toBe(0);
  });

  test('of 0 is none', async () => {
    const limit = createRateLimit(0);
    for (let i = 0; i < 100; i++) expect(await limit(anonymous, from('::1'))).toBe(0);
  });
});

const key = await makeKey('ES256');
const keys = await serveKeys([key]);
afterAll(() => keys[Symbol.asyncDispose]());

describe('a caller who calls too often', () => {
  const app = useApp({ ...keys.env, ROLES: 'gateway', RATE_LIMIT_PER_MINUTE: '2' });
  const headersOf = async (sub: string) => ({ authorization: `Bearer ${await signToken(key, { sub })}` });
  const brands = '{ brands { code } }';

  /** Uses up what `sub` has. */
  async function exhaust(sub: string): Promise<Record<string, string>> {
    const headers = await headersOf(sub);
    for (let i = 0; i < 10; i++) expect((await query(app.url(), brands, {}, headers)).status).toBe(200);
    return headers;
  }

  test('is told RATE_LIMITED with 429 and when to come back; others go on', async () => {
    const headers = await exhaust('eager');
    const response = await fetch(`${app.url()}/graphql`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ query: brands }),
    });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    const body = await response.json();
    expect(body.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    expect((await query(app.url(), brands, {}, await headersOf('calm'))).status).toBe(200);
  });

  test('is told LIMIT_REACHED with 429 over REST', async () => {
    const headers = await exhaust('rested');
    const response = await fetch(`${app.url()}/customer/cartier/export/${crypto.randomUUID()}`, { headers });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ responseStatus: { errorCode: 'LIMIT_REACHED' } });
  });

  test('keeps its socket, where only the operation is refused', async () => {
    const { authorization } = await exhaust('connected');
    const raw = await openGreetedSocket(app.url(), authorization?.replace('Bearer ', ''));
    try {
      for (const id of ['1', '2']) {
        const [message] = await raw.run(id, brands);
        expect(message).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED' } }] });
      }
    } finally {
      raw.socket.terminate();
    }
  });
});

describe('a caller with a thousand exports that are not finished', () => {
  const app = useApp({ ROLES: 'gateway' });
  const start = `mutation ($input: StartCustomerExportInput!) {
    startCustomerExport(input: $input) { asyncTaskId userErrors { code field } } }`;
  const ask = async (downloadRequestId: string) => {
    const filter = { brand: 'cartier', posCodes: ['P1'] };
    const { body } = await query(app.url(), start, { input: { downloadRequestId, filter } });
    return body.data?.['startCustomerExport'];
  };
  const count = async () => {
    const [row] = await app.db.execute(
      sql`select (select count(*)::int from exports) as exports, (select count(*)::int from audit) as audit`,
    );
    return row;
  };

  beforeAll(async () => {
    await app.db.execute(sql`insert into brands values ('cartier', 'Cartier')`);
    await app.db.execute(sql`insert into points_of_sale values ('cartier', 'P1', 'Paris')`);
    await app.db.execute(sql`
      insert into exports (brand, requested_by, download_request_id, fingerprint, filter, selection, compression, read_scope, status)
      select 'cartier', 'anonymous', 'waiting ' || n, '', '{}', '{ email }', 'NONE', '{}', 'RUNNING'
      from generate_series(1, 999) n`);
    await insertExport(app.db, { requestedBy: 'somebody else' });
    await insertExport(app.db, { requestedBy: 'anonymous', status: 'COMPLETED' });
  });

  test('is refused one more with LIMIT_REACHED, and nothing is stored; the same one again is no more', async () => {
    const last = await ask('the thousandth');
    expect(last.userErrors).toEqual([]);
    const before = await count();
    expect(await ask('one more')).toEqual({
      asyncTaskId: null,
      userErrors: [{ code: 'LIMIT_REACHED', field: null }],
    });
    expect(await ask('the thousandth')).toEqual(last);
    const response = await fetch(`${app.url()}/customer/cartier/export`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ downloadRequestId: 'by REST', posCodes: ['P1'] }),
    });
    expect(response.status).toBe(429);
    expect(await count()).toEqual(before);
  });
});
