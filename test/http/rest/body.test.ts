import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { json, newId, path, refusalOf, useRest } from '../../support/rest.ts';

const { ask, logged, port, post, postJson } = useRest();

describe('a body', () => {
  const sized = (bytes: number) => {
    const body = JSON.stringify({ downloadRequestId: newId(), posCodes: ['P1'] });
    return body + ' '.repeat(bytes - body.length);
  };
  /** Sent in pieces, without a Content-Length. */
  const chunked = (body: string) => ({
    method: 'POST',
    headers: { 'content-type': json },
    body: new Blob([body]).stream(),
    duplex: 'half' as const,
  });

  test('of 262,143 bytes is read, and one byte more is too much, with and without a length', async () => {
    expect((await post(sized(262_143))).status).toBe(200);
    expect((await ask(path, chunked(sized(262_143)))).status).toBe(200);
    const tooLarge = { status: 413, code: 'TOO_LARGE', fields: [] };
    expect(await refusalOf(await post(sized(262_144)))).toEqual(tooLarge);
    expect(await refusalOf(await ask(path, chunked(sized(262_144))))).toEqual(tooLarge);
    expect(await refusalOf(await ask(path, chunked(sized(3_000_000))))).toEqual(tooLarge);
  });

  test.each([
    ['text/plain', 'x'],
    ['multipart/form-data; boundary=x', 'x'],
    ['application/xml', '<a/>'],
    ['nonsense', '{}'],
    ['', '{}'],
    ['application/json; charset=iso-8859-1', '{}'],
  ])('of type %j is a 415 that says which there are', async (type, body) => {
    const response = await post(body, { 'content-type': type });
    expect(await refusalOf(response)).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    expect(response.headers.get('accept')).toContain('text/jsonl');
  });

  test('with a Content-Encoding is a 415', async () => {
    const response = await post('{}', { 'content-encoding': 'gzip' });
    expect(response.status).toBe(415);
  });

  test.each([
    ['nothing', ''],
    ['half an object', '{"a":'],
    ['a list', '[{}]'],
    ['null', 'null'],
    ['text', '"{}"'],
    ['two lines', '{"a":1}\n{"b":2}\n'],
    ['nesting without end', '['.repeat(200_000)],
  ])('that holds %s is a 400', async (_, body) => {
    for (const type of [json, 'text/jsonl']) {
      const response = await post(body, { 'content-type': type });
      expect(await refusalOf(response)).toMatchObject({ status: 400, code: 'INVALID' });
    }
  });

  test('that is not UTF-8 is a 400', async () => {
    const body = Buffer.from('{"downloadRequestId":"\xff"}', 'latin1');
    const response = await ask(path, { method: 'POST', body, headers: { 'content-type': json } });
    expect(await refusalOf(response)).toMatchObject({ status: 400, code: 'INVALID' });
  });

  test('that breaks off is nobody’s fault', async () => {
    const before = logged.length;
    const socket = connect(port(), '127.0.0.1');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\nContent-Type: ${json}\r\nContent-Length: 100\r\n\r\n{"half`,
    );
    await eventually(() => expect(socket.bytesWritten).toBeGreaterThan(100));
    socket.destroy();
    expect((await postJson({ downloadRequestId: newId(), posCodes: ['P1'] })).status).toBe(200);
    expect(logged.slice(before)).toEqual([]);
  });
});
