import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { query } from '../support/client.ts';
import { openGreetedSocket, type RawSocket } from '../support/raw-websocket.ts';
import { type BadRequest, badRequests, canary } from './bad-input-cases.ts';
import { badDocuments } from './bad-input-documents.ts';

const app = useApp({ ROLES: 'gateway' });
let socket: RawSocket;

beforeAll(async () => {
  await app.db.execute(sql`insert into brands values ('cartier', 'Cartier'), ('piaget', 'Piaget')`);
  await app.db.execute(
    sql`insert into points_of_sale values ('cartier', 'P1', 'Paris'), ('piaget', 'P3', 'Bern')`,
  );
  socket = await openGreetedSocket(app.url());
});
afterAll(() => socket.socket.terminate());

const start = `mutation ($input: StartCustomerExportInput!) {
  startCustomerExport(input: $input) { asyncTaskId customerExport { status } userErrors { code message field } } }`;
const good = { brand: 'cartier', posCodes: ['P1'] };

/** Keys are defined, not assigned: `__proto__` is to arrive as a key like any other. */
function inputOf({ input = {}, filter = {} }: BadRequest): Record<string, unknown> {
  const entries = [...Object.entries(good), ...Object.entries(filter)];
  return { downloadRequestId: crypto.randomUUID(), filter: Object.fromEntries(entries), ...input };
}

const stored = async () => {
  const [row] = await app.db.execute(
    sql`select (select count(*)::int from exports) as exports, (select count(*)::int from audit) as audit`,
  );
  return row;
};

type Result = Awaited<ReturnType<typeof query>>['body'];

/** The result in the one event of a stream. */
async function stream(document: string, variables: Record<string, unknown>): Promise<Result> {
  const response = await fetch(`${app.url()}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: document, variables }),
  });
  const [, event = ''] = /^event: next\ndata: (.*)$/m.exec(await response.text()) ?? [];
  return JSON.parse(event);
}

const transports: [string, (document: string, variables: Record<string, unknown>) => Promise<Result>][] = [
  ['SSE', stream],
  [
    'HTTP',
    async (document, variables) => {
      const { status, body } = await query(app.url(), document, variables);
      expect([200, 400]).toContain(status);
      return body;
    },
  ],
  [
    'WebSocket',
    async (document, variables) => {
      const [message] = await socket.run(crypto.randomUUID(), document, variables);
      return message?.type === 'error' ? { errors: message.payload } : message?.payload;
    },
  ],
];

describe.each(transports)('over %s', (_, run) => {
  test.each(badRequests)('$name is refused with its code at its place', async (request) => {
    const { data, errors } = await run(start, { input: inputOf(request) });
    const text = JSON.stringify({ data, errors });
    expect(text).not.toContain(canary);
    if (request.userErrors) {
      const { userErrors, ...rest } = data?.['startCustomerExport'] ?? {};
      expect(rest).toEqual({ asyncTaskId: null, customerExport: null });
      const found = userErrors.map(
        ({ code, field }: { code: string; field: string[] }) => `${code} ${field.join('.')}`,
      );
      expect(found.toSorted()).toEqual(request.userErrors.toSorted());
      for (const { message } of userErrors) expect(message).toMatch(/^.{10,300}$/);
    } else {
      expect(data ?? null).toBeNull();
      expect(errors?.map(({ extensions }) => extensions?.['code'])).toEqual(
        request.badUserInput?.map(() => 'BAD_USER_INPUT'),
      );
      expect(errors?.map(({ message }) => message.split(':')[0])).toEqual(request.badUserInput);
    }
  });

  test.each(badDocuments)('$name is refused with $code', async ({ document, code }) => {
    const variables = { f: good, input: { downloadRequestId: 'many', filter: good } };
    const { data, errors } = await run(document, variables);
    expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
    expect(errors?.[0]?.extensions?.['code']).toBe(code);
    expect(JSON.stringify(errors)).not.toContain(`"${canary}`);
    if (!/unknown field|enum value/.test(document))
      expect(JSON.stringify(errors)).not.toContain(`\\"${canary}`);
  });

  test('a fault in one operation leaves the next one alone', async () => {
    expect(await run('{ brands { code } }', {})).toEqual({
      data: { brands: [{ code: 'cartier' }, { code: 'piaget' }] },
    });
  });

  test('nothing of all that was stored', async () => {
    expect(await stored()).toEqual({ exports: 0, audit: 0 });
  });
});

describe('over GET', () => {
  const fitting = badDocuments.filter(
    ({ document }) => !/^mutation/.test(document) && document.length < 8_000,
  );

  test.each(fitting)('$name is refused with $code', async ({ document, code }) => {
    const query = new URLSearchParams({ query: document, variables: JSON.stringify({ f: good }) });
    const response = await fetch(`${app.url()}/graphql?${query}`);
    expect([200, 400]).toContain(response.status);
    const { errors } = JSON.parse(await response.text());
    expect(errors?.[0]?.extensions?.code).toBe(code);
    expect(JSON.stringify(errors)).not.toContain(canary);
  });
});

describe('over REST', () => {
  /** The page takes the brand from its path, and has no selection, no compression and no types of GraphQL's. */
  const carried = badRequests.filter(
    ({ name, input = {}, filter = {} }) =>
      !/^(brand|selection|filter|compression|many faults|a field)/.test(name) &&
      name !== 'customerStatus: as lines write it' &&
      JSON.stringify({ input, filter }).length < 250_000,
  );
  const placeOf = (path: string) =>
    path
      .replace(/^\$input\.?/, '')
      .replace(/^filter\.?/, '')
      .replace(/\.(\d+)/g, '[$1]');

  test.each(carried)('$name is refused with its code at its place', async (request) => {
    const { filter, ...input } = inputOf(request);
    const { brand: _, ...values } = { brand: '', ...(typeof filter === 'object' ? filter : {}), ...input };
    const response = await fetch(`${app.url()}/customer/cartier/export`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(Object.entries(values))),
    });
    const text = await response.text();
    expect([response.status, text.includes(canary)]).toEqual([400, false]);
    const found: string[] = JSON.parse(text).responseStatus.errors.map(
      ({ errorCode, fieldName }: Record<string, string>) => `${errorCode} ${fieldName}`,
    );
    if (request.userErrors) {
      const expected = request.userErrors.map((error) => {
        const [code, path = ''] = error.split(' ');
        return `${code} ${placeOf(path)}`;
      });
      expect(found.toSorted()).toEqual(expected.toSorted());
    } else {
      // GraphQL's types refuse it as a whole; here it is refused where it stands.
      const place = placeOf(request.badUserInput?.[0] ?? '');
      expect(found.filter((error) => /^(INVALID|REQUIRED) /.test(error))).toHaveLength(found.length);
      expect(found.map((error) => error.split(' ')[1]?.startsWith(place))).toEqual(found.map(() => true));
    }
  });
});

test('a number beyond all numbers is none, over GraphQL and REST', async () => {
  const post = (path: string, body: string) =>
    fetch(app.url() + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const filter = '"brand":"cartier","posCodes":["P1"],"clientSpendingFrom":1e400';
  const query = 'query ($f: CustomerFilterInput!) { customers(filter: $f) { totalCount } }';
  const graphql = await post('/graphql', `{"query":"${query}","variables":{"f":{${filter}}}}`);
  expect(JSON.parse(await graphql.text()).errors).toMatchObject([
    {
      message: '$f.clientSpendingFrom: Float cannot represent non numeric value.',
      extensions: { code: 'BAD_USER_INPUT' },
    },
  ]);
  const rest = await post('/customer/cartier/export', `{"downloadRequestId":"x",${filter}}`);
  expect(rest.status).toBe(400);
  expect(await rest.text()).toContain('"fieldName":"clientSpendingFrom"');
});

describe('what looks bad and is not', () => {
  test.each([
    ['a path', '../../etc/passwd'],
    ['letters that look alike', 'ｉｄ'],
    ['a mark that turns the text', '\u202eid'],
    ['an emoji', '🛍️'],
    ['SQL', `'; drop table exports; --`],
    ['128 characters beyond 16 bits', '🛍'.repeat(128)],
  ])('%s is a downloadRequestId like any other', async (_, downloadRequestId) => {
    const { body } = await query(app.url(), start, { input: { downloadRequestId, filter: good } });
    expect(body.data?.['startCustomerExport']).toMatchObject({
      customerExport: { status: 'CREATED' },
      userErrors: [],
    });
  });

  test.each(['searchKey', 'email', 'saleRepresentativeEmails'])(
    'SQL and wildcards in %s are text',
    async (field) => {
      for (const value of ["' or 1=1 --", '%', '_', '\\', '"; drop table customers; --', '^(a+)+$']) {
        const filter = { ...good, [field]: field.endsWith('s') ? [value] : value };
        const document =
          'query ($filter: CustomerFilterInput!) { customers(filter: $filter) { totalCount } }';
        const { body } = await query(app.url(), document, { filter });
        expect(body).toEqual({ data: { customers: { totalCount: 0 } } });
      }
    },
  );

  test('a value where a list is expected is a list of one', async () => {
    const document = 'query ($filter: CustomerFilterInput!) { customers(filter: $filter) { totalCount } }';
    const { body } = await query(app.url(), document, { filter: { brand: 'cartier', posCodes: 'P1' } });
    expect(body).toEqual({ data: { customers: { totalCount: 0 } } });
  });

  test('the same id with the same filter in another order gives the same export; another filter is a CONFLICT', async () => {
    const send = async (filter: object) => {
      const { body } = await query(app.url(), start, {
        input: { downloadRequestId: 'same', filter: { ...good, ...filter } },
      });
      return body.data?.['startCustomerExport'];
    };
    const first = await send({ birthdateMonths: [1, 2], email: 'A@b.example' });
    expect(first.userErrors).toEqual([]);
    const before = await stored();
    expect((await send({ email: 'a@B.example', birthdateMonths: [2, 1, 1] })).asyncTaskId).toBe(
      first.asyncTaskId,
    );
    const other = await send({ birthdateMonths: [1] });
    expect(other.userErrors).toMatchObject([{ code: 'CONFLICT', field: ['downloadRequestId'] }]);
    expect(other.asyncTaskId).toBeNull();
    expect(await stored()).toEqual(before);
  });
});
