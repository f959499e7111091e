import { createHash } from 'node:crypto';
import { asc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audit } from '../../src/db/tables.ts';
import { deleteCustomerExport } from '../../src/exports/cancel.ts';
import { describeFile, signFileUrl } from '../../src/exports/file.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import { createDownloadHandler } from '../../src/http/download.ts';
import { addFinishedTask, addTask, useExports, viewerOf } from '../support/export-deps.ts';
import { authenticateByName, type Gateway, serve } from '../support/gateway.ts';

const { deps } = useExports();
const bytes = Buffer.from('{"email":"a"}\n{"email":"b"}\n');
const sha256 = createHash('sha256').update(bytes).digest();
let task: ExportTask;
let gateway: Gateway;

beforeAll(async () => {
  task = await addFinishedTask(deps, bytes);
  gateway = await serve([createDownloadHandler(deps, authenticateByName())], deps);
});
afterAll(() => gateway.close());

/** Path and query of the task's signed URL. */
function pathOf(of: ExportTask): string {
  const { pathname, search } = new URL(describeFile(deps, of)?.url ?? '');
  return pathname + search;
}

function ask(headers: Record<string, string> = {}, method = 'GET', path = pathOf(task)): Promise<Response> {
  return fetch(gateway.url + path, { method, headers });
}

describe('a whole file', () => {
  test('comes with all that a client needs to keep and check it', async () => {
    const response = await ask();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/jsonl; charset=utf-8',
      'content-disposition': `attachment; filename="customers-cartier-${task.id}.jsonl"`,
      'content-length': `${bytes.length}`,
      etag: `"${sha256.toString('hex')}"`,
      'repr-digest': `sha-256=:${sha256.toString('base64')}:`,
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  });

  test.each([
    ['GZIP', 'application/gzip', '.jsonl.gz'],
    ['ZSTD', 'application/zstd', '.jsonl.zst'],
  ] as const)(
    'compressed with %s is a file of its own: the bytes arrive as they are',
    async (compression, type, ending) => {
      const packed = await addFinishedTask(deps, bytes, { compression });
      const response = await ask({}, 'GET', pathOf(packed));
      expect(response.headers.get('content-type')).toBe(type);
      expect(response.headers.get('content-encoding')).toBeNull();
      expect(response.headers.get('content-disposition')).toContain(`${packed.id}${ending}"`);
      expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    },
  );

  test('that is empty comes as nothing, whole', async () => {
    const empty = await addFinishedTask(deps, Buffer.alloc(0));
    const response = await ask({}, 'GET', pathOf(empty));
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      200,
      '0',
      '',
    ]);
    expect((await ask({ range: 'bytes=0-' }, 'GET', pathOf(empty))).status).toBe(416);
  });

  test('of many megabytes arrives unchanged', async () => {
    const many = Buffer.alloc(5_000_001, 'a line of a customer\n');
    const large = await addFinishedTask(deps, many);
    const response = await ask({}, 'GET', pathOf(large));
    expect(Buffer.from(await response.arrayBuffer()).equals(many)).toBe(true);
  });

  test('is described by HEAD with the same headers and no bytes', async () => {
    const whole = Object.fromEntries((await ask()).headers);
    for (const ofTheConnection of ['date', 'connection', 'keep-alive']) delete whole[ofTheConnection];
    const response = await ask({ range: 'bytes=0-1' }, 'HEAD');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject(whole);
    expect(await response.text()).toBe('');
  });
});

describe('a range', () => {
  const tag = `"${sha256.toString('hex')}"`;

  test.each([
    ['bytes=0-4', 0, 4],
    ['bytes=5-', 5, 27],
    ['bytes=-3', 25, 27],
    ['bytes=-999', 0, 27],
    ['bytes=20-999', 20, 27],
    ['BYTES=1-1', 1, 1],
  ])('%s is sent alone', async (range, start, end) => {
    const response = await ask({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/28`);
    expect(response.headers.get('content-length')).toBe(`${end - start + 1}`);
    expect(response.headers.get('etag')).toBe(tag);
    expect(response.headers.get('repr-digest')).toContain(sha256.toString('base64'));
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes.subarray(start, end + 1));
  });

  test.each(['bytes=28-', 'bytes=999-1000', 'bytes=-0'])('%s outside the file is refused', async (range) => {
    const response = await ask({ range });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */28');
    expect(await response.json()).toMatchObject({ responseStatus: { errorCode: 'RANGE_NOT_SATISFIABLE' } });
  });

  test.each(['bytes=0-1,4-5', 'bytes=a-b', 'bytes=', 'lines=0-1', 'bytes', 'bytes=1-2-3'])(
    '%s is no single range of bytes, so all of the file is sent',
    async (range) => {
      const response = await ask({ range });
      expect(response.status).toBe(200);
      expect((await response.arrayBuffer()).byteLength).toBe(28);
    },
  );

  test.each([
    [tag, 206],
    [`W/${tag}`, 200],
    ['"another"', 200],
    ['Tue, 01 Jan 2030 00:00:00 GMT', 200],
  ])('with If-Range: %s is answered %i', async (ifRange, status) => {
    expect((await ask({ range: 'bytes=0-4', 'if-range': ifRange })).status).toBe(status);
  });

  test.each([
    [{ 'if-none-match': tag }, 304],
    [{ 'if-none-match': `"x", W/${tag}` }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"x"' }, 200],
    [{ 'if-none-match': tag, range: 'bytes=0-4' }, 304],
    [{ 'if-match': `"x", ${tag}` }, 200],
    [{ 'if-match': `W/${tag}` }, 412],
    [{ 'if-match': '"x"' }, 412],
  ])('the conditions %j are answered %i', async (headers, status) => {
    const response = await ask(headers);
    expect(response.status).toBe(status);
    if (status !== 304) return;
    expect(response.headers.get('etag')).toBe(tag);
    expect(await response.text()).toBe('');
  });
});

describe('who is not to have a file', () => {
  const errorOf = async (response: Response) => {
    const { responseStatus } = JSON.parse(await response.text());
    return [response.status, responseStatus.errorCode];
  };
  const bare = () => `/exports/${task.id}/file`;

  test('without a permit is asked for one', async () => {
    const response = await ask({}, 'GET', bare());
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await errorOf(response)).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('the bare URL works for the owner and for nobody else', async () => {
    expect((await ask({ authorization: 'Bearer ann' }, 'GET', bare())).status).toBe(200);
    expect(await errorOf(await ask({ authorization: 'Bearer bob' }, 'GET', bare()))).toEqual([
      404,
      'NOT_FOUND',
    ]);
    const unknown = '/exports/00000000-0000-4000-8000-000000000000/file';
    expect(await errorOf(await ask({ authorization: 'Bearer ann' }, 'GET', unknown))).toEqual([
      404,
      'NOT_FOUND',
    ]);
  });

  test('a link that was tampered with is refused, whoever shows it', async () => {
    const path = pathOf(task);
    const tampered = [
      path.replace(/expires=(\d)/, 'expires=9$1'),
      path.replace(/signature=./, 'signature=*'),
      path.replace(/&signature=.*/, ''),
      path.replace(/expires=\d+&/, ''),
      `${path}&expires=1`,
      path.replace(task.id, '00000000-0000-4000-8000-000000000000'),
      path.replace(task.id, '..%2F..%2Fetc'),
    ];
    for (const other of tampered) {
      expect(await errorOf(await ask({ authorization: 'Bearer ann' }, 'GET', other)), other).toEqual([
        403,
        'LINK_INVALID',
      ]);
    }
  });

  test('a link that has expired is refused', async () => {
    const url = new URL(signFileUrl(deps, task, Math.floor(Date.now() / 1000) - 1));
    expect(await errorOf(await ask({}, 'GET', url.pathname + url.search))).toEqual([403, 'LINK_EXPIRED']);
  });

  test('a file that is gone is a 410, by link and by token', async () => {
    const gone = await addFinishedTask(deps, bytes);
    const path = pathOf(gone);
    await deleteCustomerExport(deps, viewerOf('ann'), gone.id, { ip: null, userAgent: null });
    expect(await errorOf(await ask({}, 'GET', path))).toEqual([410, 'FILE_EXPIRED']);
    const byToken = await ask({ authorization: 'Bearer ann' }, 'GET', `/exports/${gone.id}/file`);
    expect(await errorOf(byToken)).toEqual([410, 'FILE_EXPIRED']);
  });

  test('an export that has no file yet is a 404', async () => {
    const { id } = await addTask(deps);
    const response = await ask({ authorization: 'Bearer ann' }, 'GET', `/exports/${id}/file`);
    expect(await errorOf(response)).toEqual([404, 'FILE_NOT_FOUND']);
  });

  test('other methods are refused, and OPTIONS tells which there are', async () => {
    const refused = await ask({}, 'POST');
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const options = await ask({}, 'OPTIONS');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
  });

  test('other paths are left to others', async () => {
    for (const path of ['/exports', `/exports/${task.id}`, `${bare()}/`, `/a${bare()}`, '/exports//file']) {
      expect(await errorOf(await ask({}, 'GET', path)), path).toEqual([404, 'NOT_FOUND']);
    }
  });
});

test('the audit trail has a line for each answer with bytes, from where it was asked, and none for the others', async () => {
  const fresh = await addFinishedTask(deps, bytes);
  const path = pathOf(fresh);
  const tag = `"${fresh.fileSha256}"`;
  await ask({}, 'HEAD', path);
  await ask({ 'if-none-match': tag }, 'GET', path);
  await ask({ range: 'bytes=99-' }, 'GET', path);
  await ask({}, 'GET', path.replace('expires=', 'expires=9'));
  await (await ask({ 'user-agent': 'vintage/1.0' }, 'GET', path)).text();
  await (
    await ask(
      { range: 'bytes=0-1', authorization: 'Bearer ann', 'user-agent': 'x' },
      'GET',
      path.split('?')[0],
    )
  ).text();
  const rows = await deps.db.select().from(audit).where(eq(audit.exportId, fresh.id)).orderBy(asc(audit.id));
  expect(rows.map(({ actor, action, details }) => ({ actor, action, details }))).toEqual([
    {
      actor: 'signed link',
      action: 'download',
      details: { ip: '127.0.0.1', userAgent: 'vintage/1.0', bytes: 'all' },
    },
    { actor: 'ann', action: 'download', details: { ip: '127.0.0.1', userAgent: 'x', bytes: '0-1' } },
  ]);
});
