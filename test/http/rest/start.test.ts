import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { asc, eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { parseCustomerFilter } from '../../../src/customers/filter.ts';
import { defaultSelection, printSelection } from '../../../src/customers/selection.ts';
import { audit } from '../../../src/db/tables.ts';
import { startCustomerExport } from '../../../src/exports/start.ts';
import { viewerOf } from '../../support/export-deps.ts';
import { form, json, newId, path, refusalOf, toForm, useRest } from '../../support/rest.ts';

const { deps, enqueued, port, post, postJson, taskOf } = useRest();

describe('starting an export', () => {
  test('answers with the id of a task that waits for a worker, and leaves a line in the audit trail', async () => {
    const downloadRequestId = newId();
    const response = await postJson({ downloadRequestId, posCodes: ['P1'] }, { 'user-agent': 'vintage/1.0' });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    const task = await taskOf(response);
    expect(task).toMatchObject({
      downloadRequestId,
      brand: 'cartier',
      requestedBy: 'ann',
      status: 'CREATED',
      compression: 'NONE',
      filter: { brand: 'cartier', posCodes: ['P1'] },
      selection: printSelection(defaultSelection),
    });
    expect(enqueued).toContain(task.id);
    const rows = await deps.db.select().from(audit).where(eq(audit.exportId, task.id)).orderBy(asc(audit.id));
    expect(rows).toMatchObject([
      { actor: 'ann', action: 'start', details: { ip: '127.0.0.1', userAgent: 'vintage/1.0' } },
    ]);
  });

  test('is the same deed as the mutation: the same request gives the same task, another one a conflict', async () => {
    const downloadRequestId = newId();
    const filter = { brand: 'cartier', posCodes: ['P1', 'P2'], customerStatus: ['CLIENT' as const] };
    const task = await startCustomerExport(
      deps,
      viewerOf('ann'),
      {
        downloadRequestId,
        filter,
        selection: { selection: printSelection(defaultSelection) },
        compression: 'NONE',
      },
      { ip: null, userAgent: null },
    );
    const same = await postJson({ downloadRequestId, posCodes: ['P2', 'P1'], customerStatus: ['Client'] });
    expect((await taskOf(same)).id).toBe(task.id);
    const other = await postJson({ downloadRequestId, posCodes: ['P1'] });
    expect(await refusalOf(other)).toEqual({
      status: 409,
      code: 'CONFLICT',
      fields: ['downloadRequestId CONFLICT'],
    });
  });

  /** Every parameter of the page, in the words of the mutation. */
  const filter = {
    brand: 'cartier',
    posCodes: ['P1', 'P2'],
    searchKey: 'Zoë, Anna & Co',
    phoneNumber: '+33 1 42 18 43 83',
    email: 'zoe@example.com',
    locationCountryIds: ['it', 'en'],
    clientSpendingFrom: 100,
    clientSpendingTo: 50_000.5,
    creationDateFrom: '2022-01-01T00:00:00Z',
    creationDateTo: '2023-11-01',
    transactionDateFrom: '2022-01-01T00:00:00.001Z',
    transactionDateTo: '2023-11-01T10:00:00+01:00',
    canBeContactedByMaison: true,
    birthdateMonths: [1, 12],
    interests: [{ interest: 'Watches, old', sapInterestId: 'CA-1' }],
    hobbies: [{ sapHobbyId: 'ART' }, { hobby: 'Opera' }],
    productCollections: [{ productCollection: 'Tank', sapProductCollectionId: 'CA-2' }],
    customerStatus: ['PROSPECT', 'CLIENT'],
    boosterCustomerIds: [1_234_567, -5],
    hasSapCrmError: false,
    productCategories: [{ grandCategoryId: 'G1', categoryId: 'C1' }, { grandCategoryId: 'G2' }],
    saleRepresentativeEmails: ['rep@example.com', 'other@example.com'],
  };
  const page = { ...filter, customerStatus: ['Prospect', 'client'] };
  const legacy = {
    ...page,
    creationDateFrom: '/Date(1640995200000)/',
    transactionDateFrom: '/Date(1640995200001+0200)/',
    transactionDateTo: '\\/Date(1698829200000-0000)\\/',
  };
  const bodies = {
    JSON: [json, (id: string) => JSON.stringify({ downloadRequestId: id, ...page })],
    'JSON with a byte order mark, in the old dates': [
      'application/json; charset=UTF-8',
      (id: string) => `\uFEFF${JSON.stringify({ downloadRequestId: id, ...legacy })}`,
    ],
    'a line': ['text/jsonl', (id: string) => `${JSON.stringify({ downloadRequestId: id, ...page })}\n`],
    'a line of application/jsonl': [
      'application/jsonl',
      (id: string) => JSON.stringify({ downloadRequestId: id, ...legacy }),
    ],
    'a line of application/x-ndjson': [
      'application/x-ndjson',
      (id: string) => JSON.stringify({ downloadRequestId: id, ...page }),
    ],
    'Pascal case': [json, (id: string) => JSON.stringify(capitalise({ downloadRequestId: id, ...page }))],
    'a form of repeated keys': [form, (id: string) => toForm({ downloadRequestId: id, ...page }, false)],
    'a form of comma lists, in the old dates and Pascal case': [
      `${form}; charset=utf-8`,
      (id: string) => toForm(capitalise({ downloadRequestId: id, ...legacy }), true),
    ],
  } as const;

  test.each(Object.entries(bodies))('takes every parameter of the page as %s', async (_, [type, write]) => {
    const task = await taskOf(await post(write(newId()), { 'content-type': type }));
    expect(parseCustomerFilter(filter)).toEqual({ filter: task.filter });
  });

  test('is the same request in whichever of these ways it is written', async () => {
    const id = newId();
    const ids = new Set<string>();
    for (const [type, write] of Object.values(bodies)) {
      ids.add((await taskOf(await post(write(id), { 'content-type': type }))).id);
    }
    expect(ids.size).toBe(1);
  });
});

describe('a vintage client', () => {
  test('posts a form in its own spelling and is answered a line', async () => {
    const body = new URLSearchParams([
      ['DownloadRequestId', newId()],
      ['Brand', 'cartier'],
      ['PosCodes', 'P1,P2'],
      ['CreationDateFrom', '/Date(1640995200000+0100)/'],
      ['CanBeContactedByMaison', 'True'],
      ['CustomerStatus', 'Client'],
      ['SearchKey', ''],
      ['Interests', '[{"Interest":"Watches","SapInterestId":"CA-1"}]'],
    ]);
    const response = await post(`${body}`, { 'content-type': form, accept: 'text/jsonl' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/jsonl']);
    const line = await response.clone().text();
    expect(line).toMatch(/^\{"asyncTaskId":"[0-9a-f]{32}"\}\n$/);
    expect(response.headers.get('content-length')).toBe(`${line.length}`);
    expect((await taskOf(response)).filter).toEqual({
      brand: 'cartier',
      posCodes: ['P1', 'P2'],
      creationDateFrom: '2022-01-01T00:00:00.000Z',
      canBeContactedByMaison: true,
      customerStatus: ['CLIENT'],
      interests: [{ interest: 'Watches', sapInterestId: 'CA-1' }],
    });
  });

  test('who sends the page’s own sample is told every made-up value, under the page’s names', async () => {
    const sample = await readFile(new URL('../fixtures/page-request.jsonl', import.meta.url));
    expect(`${sample}`).toContain('"creationDateFrom":"\\/Date(-62135596800000-0000)\\/"');
    const send = async (to: string) => {
      const socket = connect(port(), '127.0.0.1');
      socket.write(
        `POST ${to} HTTP/1.1\r\nHost: dev-api-booster.richemont.com\r\nAuthorization: Bearer ann\r\nConnection: close\r\n` +
          `Accept: text/jsonl\r\nContent-Type: text/jsonl\r\nContent-Length: ${sample.length}\r\n\r\n`,
      );
      socket.write(sample);
      const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
      expect(head.toLowerCase()).toContain('content-type: text/jsonl\r\n');
      expect(body.endsWith('\n')).toBe(true);
      return refusalOf(new Response(body, { status: Number(head.split(' ')[1]) }));
    };
    const madeUp = [
      'birthdateMonths[0] INVALID',
      'customerStatus[0] INVALID',
      'locationCountryIds[0] INVALID',
      'phoneNumber INVALID',
    ];
    expect(await send('/customer/String/export')).toEqual({
      status: 404,
      code: 'NOT_FOUND',
      fields: [...madeUp, 'brand NOT_FOUND'].sort(),
    });
    expect(await send(path)).toEqual({
      status: 400,
      code: 'INVALID',
      fields: [...madeUp, 'brand INVALID', 'posCodes[0] NOT_FOUND'].sort(),
    });
    expect(await send('/customer/{brand}/export')).toMatchObject({ status: 404 });
  });
});

/** The same object with every name in Pascal case, at every depth. */
function capitalise(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.charAt(0).toUpperCase() + name.slice(1),
      Array.isArray(inner) && typeof inner[0] === 'object' ? inner.map(capitalise) : inner,
    ]),
  );
}
