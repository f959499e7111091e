import { describe, expect, test } from 'vitest';
import { form, json, newId, path, refusalOf, toForm, useRest } from '../support/rest.ts';

const { ask, post, postJson } = useRest();

describe('the format of an answer', () => {
  const types = [json, 'text/jsonl', 'application/jsonl', 'application/x-ndjson', form];
  const named = [
    ['', null],
    ['json', 'json'],
    ['jsonl', 'jsonl'],
    ['xml', 406],
  ] as const;
  const accepts = [
    [undefined, 'json'],
    ['*/*', 'json'],
    [json, 'json'],
    ['text/jsonl', 'jsonl'],
    ['text/html', 406],
  ] as const;

  test.each(types)('is chosen by ?format=, then suffix, then Accept, for a body of %s', async (type) => {
    const values = { downloadRequestId: newId(), posCodes: ['P1'] };
    const body = type === form ? toForm(values, false) : JSON.stringify(values);
    const cases = named.flatMap(([format, byFormat]) =>
      named.flatMap(([suffix, bySuffix]) =>
        accepts.map(([accept, byAccept]) => ({
          to: path + (suffix && `.${suffix}`) + (format && `?format=${format}`),
          accept,
          expected: byFormat ?? bySuffix ?? byAccept,
        })),
      ),
    );
    const answers = await Promise.all(
      cases.map(async ({ to, accept, expected }) => {
        // fetch would say */* by itself.
        const response = await post(body, { 'content-type': type, accept: accept ?? '' }, to);
        const got = [response.status, response.headers.get('content-type'), (await response.text()).at(-1)];
        return { to, accept, expected, got };
      }),
    );
    const forms = { json: [200, json, '}'], jsonl: [200, 'text/jsonl', '\n'], 406: [406, json, '}'] };
    expect(answers).toEqual(answers.map((answer) => ({ ...answer, got: forms[answer.expected] })));
    expect(answers).toHaveLength(80);
  });

  test('is also that of a refusal', async () => {
    const response = await postJson({}, {}, `${path}.jsonl`);
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/jsonl']);
    expect(await response.text()).toMatch(/^\{"responseStatus":\{.*\}\}\n$/);
  });
});

describe('paths and methods', () => {
  test('what leads nowhere below /customer/ is a 404, and other paths are left to others', async () => {
    for (const to of [
      '/customer/',
      '/customer/cartier',
      '/customer/..%2Fcartier/export',
      '/customer/cartier%00/export',
    ]) {
      expect(await refusalOf(await post('{}', {}, to)), to).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
    expect(await refusalOf(await post('{}', {}, '/customers'))).toMatchObject({ status: 404 });
  });

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])(
    '%s is not how an export is started',
    async (method) => {
      const response = await ask(path, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
      const body = await response.text();
      expect(body === '').toBe(method === 'HEAD');
    },
  );

  test('OPTIONS tells, without a token, how it is', async () => {
    const response = await ask(path, { method: 'OPTIONS', headers: { authorization: '' } });
    expect([response.status, response.headers.get('allow')]).toEqual([204, 'POST, OPTIONS']);
  });
});
