import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signFileUrl } from '../../src/exports/file.ts';
import { useApp } from '../support/app.ts';
import { addCustomers } from '../support/customers.ts';
import { insertExport } from '../support/exports.ts';
import { type Action, matrix, type Outcome } from './matrix.ts';
import { callers, claims, makeCallers } from './matrix-callers.ts';
import { call, carries, type Names, type Reply, type Transport, transports } from './matrix-calls.ts';

const signingKey = 'a key of the matrix of more than thirty-two bytes';
const { keys, authorization, sign } = await makeCallers();
// Without a worker, so that exports stay as the tests put them.
const app = useApp({ ...keys.env, ROLES: 'gateway', URL_SIGNING_KEY: signingKey });
afterAll(() => keys[Symbol.asyncDispose]());

beforeAll(async () => {
  await app.db.execute(sql`insert into brands values ('cartier', 'Cartier'), ('piaget', 'Piaget')`);
  await app.db.execute(sql`insert into points_of_sale values
    ('cartier', 'P1', 'Paris'), ('cartier', 'P2', 'Rome'), ('piaget', 'P1', 'Geneva'), ('piaget', 'P3', 'Bern')`);
  await addCustomers(app.db, { count: 3 });
  await addCustomers(app.db, { count: 2, posCode: 'P2', firstId: 100 });
  await addCustomers(app.db, { count: 1, brand: 'piaget', firstId: 200 });
  // Everyone has an export of their own, older than ann's: who sees nothing of hers gets that one first.
  for (const { sub, brands, ...rest } of Object.values(claims)) {
    const [brand = ''] = brands;
    const [posCode = 'P1'] = 'posCodes' in rest ? rest.posCodes : [];
    await insertExport(app.db, { brand, requestedBy: sub, filter: { brand, posCodes: [posCode] } });
  }
});

const addHers = (values: Parameters<typeof insertExport>[1] = {}) =>
  insertExport(app.db, { requestedBy: 'ann', filter: { brand: 'cartier', posCodes: ['P1'] }, ...values });

const line = '{"email":"c1@example.com"}\n';
/** An export of ann's that has a file. */
async function addFinished(): Promise<string> {
  const id = crypto.randomUUID();
  const fileKey = `exports/${id}/1.jsonl`;
  const file = join(app.folder(), 'files', fileKey);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, line);
  return addHers({
    id,
    status: 'COMPLETED',
    progress: 100,
    objectCount: 1,
    fileKey,
    fileSize: line.length,
    uncompressedSize: line.length,
    fileSha256: '0'.repeat(64),
    expiresAt: new Date(Date.now() + 3_600_000),
  });
}

function signedPath(id: string): string {
  const deps = { publicUrl: '', signingKeys: [signingKey] };
  return signFileUrl(deps, { id, attempt: 1 }, Math.floor(Date.now() / 1000) + 600);
}

/** What is ann's. Exports are new for each call, since calls change them. */
async function hers(): Promise<Names> {
  const waiting = await addHers({ status: 'CREATED', attempt: 0 });
  const finished = await addFinished();
  const names = { brand: 'cartier', posCode: 'P1', downloadRequestId: crypto.randomUUID() };
  return { ...names, waiting, finished, signedUrl: signedPath(finished) };
}

/** What a reply comes to, in the words of the matrix. */
function outcomeOf(action: Action, { status, text, closeCode }: Reply): string {
  if (closeCode === 4403) return 'UNAUTHENTICATED';
  if (closeCode !== null) return `closed with ${closeCode}`;
  if (action.startsWith('download') && text === line && status === 200) return 'data';
  const body = JSON.parse(text);
  const [error] = body.errors ?? [];
  const problem = error?.extensions?.userErrors?.[0] ?? findUserError(body.data);
  if (problem) {
    const field = problem.field.join('.');
    return field === 'asyncTaskId' ? problem.code : `${problem.code} ${field}`;
  }
  if (error) return error.extensions.code;
  const refused = body.responseStatus;
  if (refused) return restOutcome(status, refused);
  const holds = action === 'list brands' ? '"cartier"' : '"ann"';
  if (action === 'list exports' || action.startsWith('follow') || action === 'list brands') {
    return text.includes(holds) ? 'data' : 'none of it';
  }
  return 'data';
}

function findUserError(data: Record<string, { userErrors?: { code: string; field: string[] }[] }> | null) {
  return Object.values(data ?? {}).flatMap((field) => field?.userErrors ?? [])[0];
}

type RestRefusal = { errorCode: string; errors: { fieldName: string }[] };

/** Refusals over REST, each with the status that goes with it. */
function restOutcome(status: number | null, { errorCode, errors }: RestRefusal): string {
  const field = errors[0]?.fieldName.replace(/\[(\d+)\]$/, '.$1');
  const expected = {
    UNAUTHENTICATED: 401,
    FORBIDDEN: 403,
    NOT_FOUND: field?.startsWith('posCodes') ? 400 : 404,
  };
  expect(status).toBe(expected[errorCode as keyof typeof expected]);
  return field === undefined ? errorCode : `${errorCode} filter.${field}`;
}

const actions = Object.keys(matrix) as Action[];
const cells = transports.flatMap((transport) =>
  actions.filter((action) => carries(transport, action)).map((action) => ({ transport, action })),
);

test.each(cells)(
  'to $action over $transport is for those for whom it is meant',
  async ({ transport, action }) => {
    const outcomes = await Promise.all(
      callers.map(async (caller) => {
        const reply = await call(app.url(), transport, action, await hers(), authorization[caller]);
        return [caller, outcomeOf(action, reply)] as const;
      }),
    );
    expect(Object.fromEntries(outcomes)).toEqual(matrix[action]);
  },
);

test('an export does not exist for its owner either, once its points of sale do not', async () => {
  const narrowed = await sign({ ...claims['who owns the export'], posCodes: ['P2'] });
  for (const { transport, action } of cells) {
    if (matrix[action]['who owns other exports'] !== 'NOT_FOUND') continue;
    const reply = await call(app.url(), transport, action, await hers(), narrowed);
    expect(outcomeOf(action, reply), `${action} over ${transport}`).toBe('NOT_FOUND');
  }
  const list = await call(app.url(), 'HTTP', 'list exports', await hers(), narrowed);
  expect(JSON.parse(list.text)).toEqual({ data: { customerExports: { nodes: [] } } });
});

/** The same with what does not exist. */
const nothing: Names = {
  brand: 'rolex',
  posCode: 'P9',
  waiting: '00000000-0000-4000-8000-000000000000',
  finished: '00000000-0000-4000-8000-000000000000',
  signedUrl: '/exports/00000000-0000-4000-8000-000000000000/file?expires=9999999999&signature=x',
  downloadRequestId: 'nothing',
};

/** Which of the names have to be of nothing for an outcome. */
function madeUp(outcome: Outcome, action: Action, names: Names): Names | null {
  if (outcome === 'NOT_FOUND filter.brand') return { ...names, brand: nothing.brand };
  if (outcome === 'NOT_FOUND filter.posCodes.0') return { ...names, posCode: nothing.posCode };
  const { waiting, finished, signedUrl } = nothing;
  const needsNoTask = action === 'start' || action.startsWith('list') || action.startsWith('explore');
  return outcome === 'NOT_FOUND' || (outcome === 'UNAUTHENTICATED' && !needsNoTask)
    ? { ...names, waiting, finished, signedUrl }
    : null;
}

const hidden = cells.flatMap(({ transport, action }) =>
  callers.flatMap((caller) =>
    /UNAUTH|NOT_FOUND/.test(matrix[action][caller]) ? [{ transport, action, caller }] : [],
  ),
);

describe('what a caller may not see cannot be told from what does not exist', () => {
  test.each(cells)('to $action over $transport', async ({ transport, action }) => {
    const asked = hidden.filter((cell) => cell.transport === transport && cell.action === action);
    const pairs = await Promise.all(
      asked.map(async ({ caller }) => {
        const names = await hers();
        const unreal = madeUp(matrix[action][caller], action, names);
        if (!unreal) return null;
        const ask = (about: Names) => call(app.url(), transport, action, about, authorization[caller]);
        // A message may repeat the code that its caller sent, and nothing else.
        const plain = (reply: Reply) => ({
          ...reply,
          text: reply.text.replaceAll(/\\"(P1|P9)\\"/g, '"…"'),
        });
        return { caller, real: plain(await ask(names)), unreal: plain(await ask(unreal)) };
      }),
    );
    for (const pair of pairs) if (pair) expect(pair.real, pair.caller).toEqual(pair.unreal);
  });
});

test('a refused call changes nothing and leaves no trace in the audit', async () => {
  const refusable = cells.filter(({ action }) => ['start', 'cancel', 'delete', 'download'].includes(action));
  const names = await hers();
  const count = async () => {
    const [row] = await app.db.execute(sql`select (select count(*)::int from exports) as exports,
      (select count(*)::int from audit) as audit, (select string_agg(status || version, ',' order by id) from exports
      where id in (${names.waiting}, ${names.finished})) as states`);
    return row;
  };
  const before = await count();
  for (const { transport, action } of refusable) {
    for (const caller of callers.filter((name) => matrix[action][name] !== 'data')) {
      await call(app.url(), transport, action, names, authorization[caller]);
    }
  }
  expect(await count()).toEqual(before);
});

describe('an unauthenticated caller', () => {
  test.each<Transport>(['HTTP', 'GET', 'SSE', 'REST'])('is told so with 401 over %s', async (transport) => {
    const action = transport === 'SSE' ? 'follow an export' : 'see an export';
    const names = await hers();
    const replies = await Promise.all(
      callers.slice(0, 4).map((caller) => call(app.url(), transport, action, names, authorization[caller])),
    );
    expect(replies.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
  });

  test.each(['/graphql', '/customer/cartier/export'])('at %s is told how to become one', async (path) => {
    const response = await fetch(`${app.url()}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ brands { code } }' }),
    });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });
});

describe('a signed URL that is not whole', () => {
  test.each<[string, (url: string) => string]>([
    ['for another export', (url) => url.replace(/[0-9a-f-]{36}/, nothing.finished)],
    ['with a later end', (url) => url.replace(/expires=\d+/, 'expires=9999999999')],
    ['with another last character', (url) => url.slice(0, -1) + (url.endsWith('A') ? 'B' : 'A')],
    ['cut short', (url) => url.slice(0, -5)],
    ['without its signature', (url) => url.replace(/&signature.*/, '')],
    ['without its end', (url) => url.replace(/expires=\d+&/, '')],
    ['with its signature given twice', (url) => `${url}&signature=x`],
  ])('%s opens nothing for anyone, its owner included', async (_, change) => {
    const { signedUrl } = await hers();
    for (const caller of [
      'without a token',
      'who owns the export',
      'who administers the brand’s exports',
    ] as const) {
      const token = authorization[caller];
      const response = await fetch(new URL(change(signedUrl), app.url()), {
        headers: token ? { authorization: token } : {},
      });
      expect(await response.json()).toEqual({
        responseStatus: {
          errorCode: 'LINK_INVALID',
          message: 'This link is not one of ours, or not whole.',
          errors: [],
        },
      });
      expect(response.status).toBe(403);
    }
  });
});
