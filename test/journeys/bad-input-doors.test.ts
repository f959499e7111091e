import { Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { signFileUrl } from '../../src/exports/file.ts';
import type { Status } from '../../src/exports/task.ts';
import { useApp } from '../support/app.ts';
import { query } from '../support/client.ts';
import { insertExport } from '../support/exports.ts';
import { canary } from './bad-input-cases.ts';

const signingKey = 'a key of the doors of more than thirty-two bytes';
const app = useApp({ ROLES: 'gateway', URL_SIGNING_KEY: signingKey });
const json = { 'content-type': 'application/json' };

beforeAll(async () => {
  await app.db.execute(sql`insert into brands values ('cartier', 'Cartier')`);
  await app.db.execute(sql`insert into points_of_sale values ('cartier', 'P1', 'Paris')`);
});

type Send = Omit<RequestInit, 'body'> & { body?: RequestInit['body'] | Buffer; path?: string };

async function send({
  path = '/graphql',
  ...init
}: Send): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(app.url() + path, {
    method: 'POST',
    headers: { ...json, connection: 'close' },
    ...init,
  } as RequestInit);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const stored = async () => {
  const [row] = await app.db.execute(
    sql`select (select count(*)::int from exports) as exports, (select count(*)::int from audit) as audit`,
  );
  return row;
};

const mutation = `mutation { startCustomerExport(input: {downloadRequestId: "x", filter: {brand: "cartier", posCodes: ["P1"]}}) { asyncTaskId } }`;
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** Without a length: the server learns how long it is as it comes. */
const chunked = (bytes: number) => ({
  body: Readable.toWeb(
    Readable.from(
      (function* () {
        for (let left = bytes; left > 0; left -= 65_536) yield Buffer.alloc(65_536, ' ');
      })(),
    ),
  ) as ReadableStream,
  duplex: 'half' as const,
});

describe('a GraphQL request', () => {
  test.each<[string, Send, number[]]>([
    ['of the value null', { body: 'null' }, [400]],
    ['of a list', { body: '[]' }, [400]],
    ['of several operations', { body: JSON.stringify([{ query: mutation }, { query: mutation }]) }, [400]],
    ['of a text', { body: `"${canary}"` }, [400]],
    ['without a body', { body: '' }, [400]],
    ['whose document is a number', { body: '{"query":1}' }, [400]],
    ['whose variables are a list', { body: '{"query":"{ brands { code } }","variables":[1]}' }, [400]],
    [
      'whose variables are a text',
      { body: `{"query":"{ brands { code } }","variables":"${canary}"}` },
      [400],
    ],
    ['that is no JSON', { body: `{"query": ${canary}` }, [400]],
    ['that is not UTF-8', { body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]) }, [400]],
    ['in UTF-16', { body: Buffer.from('\ufeff{"query":"{ brands { code } }"}', 'utf16le') }, [400, 415]],
    [
      '100,000 lists deep',
      { body: `{"query":"{ brands { code } }","variables":{"a":${'['.repeat(100_000)}` },
      [400],
    ],
    ['with a prototype', { body: '{"__proto__":{"query":"{ brands { code } }"}}' }, [400]],
    ['with a key that there is not', { body: '{"query":"{ brands { code } }","customers":1}' }, [400]],
    ['of 20 MB', { body: Buffer.alloc(20_000_000, ' ') }, [413]],
    ['of 3 MB in pieces', chunked(3_000_000), [413]],
    ['of plain text', { body: mutation, headers: { 'content-type': 'text/plain' } }, [403, 415]],
    [
      'of a form, as any page could send',
      { body: new URLSearchParams({ query: mutation }).toString(), headers: form },
      [403, 415],
    ],
    [
      'of a form with files',
      {
        body: (() => {
          const data = new FormData();
          data.set('operations', JSON.stringify({ query: mutation }));
          return data;
        })(),
        headers: {},
      },
      [403, 415],
    ],
    [
      'of a mutation by GET',
      { method: 'GET', path: `/graphql?query=${encodeURIComponent(mutation)}` },
      [405],
    ],
    [
      'with variables in its URL that are no JSON',
      { method: 'GET', path: `/graphql?query={brands{code}}&variables=${canary}` },
      [400],
    ],
    [
      'with extensions in its URL that are no JSON',
      { method: 'GET', path: `/graphql?query={brands{code}}&extensions={"${canary}` },
      [400],
    ],
    ['by PUT', { method: 'PUT', body: '{}' }, [405]],
    [
      'that accepts images alone',
      { body: '{"query":"{ brands { code } }"}', headers: { ...json, accept: 'image/png' } },
      [406],
    ],
  ])('%s is refused, and nothing comes of it', async (_, request, statuses) => {
    const before = await stored();
    const { status, text } = await send(request);
    expect(statuses).toContain(status);
    expect(text).not.toContain(canary);
    expect(text).not.toMatch(/node_modules|\.ts:\d|INTERNAL_SERVER_ERROR/);
    // In JSON, with a sentence and a code.
    expect(JSON.parse(text).errors).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/^.{10,200}$/),
        extensions: { code: expect.stringMatching(/^(BAD_USER_INPUT|FORBIDDEN|GRAPHQL_VALIDATION_FAILED)$/) },
      }),
    ]);
    expect(await stored()).toEqual(before);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('with a byte order mark is read', async () => {
    const { status } = await send({ body: `\ufeff${JSON.stringify({ query: '{ brands { code } }' })}` });
    expect([200, 400]).toContain(status);
  });
});

const nil = '00000000-0000-0000-0000-000000000000';

describe('a path that leads nowhere', () => {
  test.each([
    ['an id that is none', '/customer/cartier/export/xyz'],
    ['the nil id', `/customer/cartier/export/${nil}`],
    ['an unknown id', `/customer/cartier/export/${crypto.randomUUID()}`],
    ['a brand that climbs', `/customer/..%2Fcartier/export/${nil}`],
    ['a brand with a NUL', `/customer/cartier%00/export/${nil}`],
    ['a brand that is badly encoded', `/customer/%zz/export/${nil}`],
    ['two slashes', `/customer//export/${nil}`],
    ['a parameter of the path', `/customer/cartier;x=1/export/${nil}`],
    ['the file of an id that is none', '/exports/xyz/file'],
    ['the file of the nil id', `/exports/${nil}/file`],
    ['a file that climbs', '/exports/..%2f..%2fetc%2fpasswd/file'],
    ['a file with a NUL', '/exports/%00/file'],
    ['nothing we have', '/etc/passwd'],
  ])('%s is a 404', async (_, path) => {
    const { status, text } = await send({ method: 'GET', path });
    expect([status, JSON.parse(text).responseStatus.errorCode]).toEqual([404, 'NOT_FOUND']);
  });
});

const finished = {
  status: 'COMPLETED',
  progress: 100,
  objectCount: 1,
  fileKey: 'exports/none/1.jsonl',
  fileSize: 10,
  uncompressedSize: 10,
  fileSha256: '0'.repeat(64),
  expiresAt: new Date(Date.now() + 3_600_000),
} as const;

const add = (values: Parameters<typeof insertExport>[1]) =>
  insertExport(app.db, { requestedBy: 'anonymous', ...values });

describe('a file', () => {
  const without: [Status, number][] = [
    ['CREATED', 404],
    ['RUNNING', 404],
    ['FAILED', 404],
    ['CANCELING', 404],
    ['CANCELED', 404],
    ['EXPIRED', 410],
  ];
  test.each(without)('of an export that is %s is a %i, bare and signed', async (status, expected) => {
    const id = await add({ status });
    const bare = `/exports/${id}/file`;
    for (const path of [
      bare,
      signFileUrl({ publicUrl: '', signingKeys: [signingKey] }, { id, attempt: 1 }, 9e9),
    ]) {
      const { status, text } = await send({ method: 'GET', path });
      expect(status).toBe(expected);
      expect(JSON.parse(text).responseStatus.errorCode).toMatch(/^FILE_(NOT_FOUND|EXPIRED)$/);
    }
  });

  test('that has expired is a 410, and a link that has expired a 403', async () => {
    const gone = await add({ ...finished, expiresAt: new Date(Date.now() - 1) });
    expect((await send({ method: 'GET', path: `/exports/${gone}/file` })).status).toBe(410);
    const id = await add(finished);
    const path = signFileUrl({ publicUrl: '', signingKeys: [signingKey] }, { id, attempt: 1 }, 1_000_000_000);
    const { status, text } = await send({ method: 'GET', path });
    expect([status, JSON.parse(text).responseStatus.errorCode]).toEqual([403, 'LINK_EXPIRED']);
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('is not for %s', async (method) => {
    const { status, headers } = await send({ method, path: `/exports/${await add(finished)}/file` });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  test('has its URL from the settings, whatever the request says of hosts', async () => {
    const id = await add(finished);
    const document = 'query ($id: ID!) { customerExport(asyncTaskId: $id) { file { url } } }';
    const { body } = await query(
      app.url(),
      document,
      { id },
      { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
    );
    expect(body.data?.['customerExport'].file.url).toMatch(new RegExp(`^${app.url()}/exports/${id}/file\\?`));
  });
});

describe('a change that makes no sense', () => {
  const change = async (name: string, id: string) => {
    const { body } = await query(
      app.url(),
      `mutation ($id: ID!) { ${name}(asyncTaskId: $id) { customerExport { status } userErrors { code field } } }`,
      { id },
    );
    return body.data?.[name];
  };
  const refused = (code: string) => ({
    customerExport: null,
    userErrors: [{ code, field: ['asyncTaskId'] }],
  });

  test.each(['xyz', nil, '', '\u0000', canary.repeat(1_000)])(
    'is to cancel or delete %j: NOT_FOUND',
    async (id) => {
      for (const name of ['cancelCustomerExport', 'deleteCustomerExport']) {
        expect(await change(name, id)).toEqual(refused('NOT_FOUND'));
      }
    },
  );

  test.each<Status>(['COMPLETED', 'FAILED', 'EXPIRED'])(
    'is to cancel what is %s: CONFLICT',
    async (status) => {
      expect(await change('cancelCustomerExport', await add({ ...finished, status }))).toEqual(
        refused('CONFLICT'),
      );
    },
  );

  test.each<Status>(['CREATED', 'RUNNING', 'FAILED', 'CANCELED'])(
    'is to delete what is %s: CONFLICT',
    async (status) => {
      expect(await change('deleteCustomerExport', await add({ status }))).toEqual(refused('CONFLICT'));
    },
  );

  test('is not to cancel twice: the second time changes nothing', async () => {
    const id = await add({ status: 'CREATED', attempt: 0 });
    const canceled = { customerExport: { status: 'CANCELED' }, userErrors: [] };
    expect(await change('cancelCustomerExport', id)).toEqual(canceled);
    const before = await stored();
    expect(await change('cancelCustomerExport', id)).toEqual(canceled);
    expect(await stored()).toEqual(before);
  });
});
