import { expect, test } from 'vitest';
import { HttpError } from '../../../src/http/respond.ts';
import { chooseFormat } from '../../../src/http/rest/format.ts';

const bare = { query: null, suffix: null, accept: undefined };

test.each([
  [undefined, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
  ['application/json', 'json'],
  ['application/*', 'json'],
  ['text/jsonl', 'jsonl'],
  ['text/*', 'jsonl'],
  ['application/jsonl', 'jsonl'],
  ['application/x-ndjson', 'jsonl'],
  ['TEXT/JSONL; charset=utf-8', 'jsonl'],
  ['text/html, application/xhtml+xml, */*;q=0.8', 'json'],
  ['text/jsonl, */*', 'jsonl'],
  ['*/*, text/jsonl', 'jsonl'],
  ['text/jsonl;q=0.5, application/json;q=0.9', 'json'],
  ['text/jsonl;q=0.9, application/json;q=0.5', 'jsonl'],
  ['application/json, text/jsonl', 'json'],
  ['text/jsonl, application/json', 'jsonl'],
  ['application/json;q=0, */*', 'jsonl'],
  ['text/jsonl;q=0, text/*, */*;q=0.1', 'json'],
  ['nonsense, text/jsonl', 'jsonl'],
])('Accept: %s is answered as %s', (accept, format) => {
  expect(chooseFormat({ ...bare, accept })).toBe(format);
});

test.each([
  'text/html',
  'application/xml',
  'nonsense',
  'text/jsonl;q=0',
  'text/csv, application/json;q=0',
  '*/*;q=0',
])('Accept: %s asks for nothing that there is', (accept) => {
  expect(() => chooseFormat({ ...bare, accept })).toThrow(HttpError);
});

test('?format= goes before the suffix, the suffix before Accept, each in any case', () => {
  const accept = 'application/json';
  expect(chooseFormat({ query: null, suffix: 'JSONL', accept })).toBe('jsonl');
  expect(chooseFormat({ query: 'Json', suffix: 'jsonl', accept: 'text/jsonl' })).toBe('json');
  expect(chooseFormat({ query: 'jsonl', suffix: 'xml', accept: 'text/html' })).toBe('jsonl');
});

test.each(['xml', 'csv', 'jsonp', 'json ', ''])('a format called %j is a 406', (name) => {
  const refused = expect.objectContaining({ status: 406, code: 'NOT_ACCEPTABLE' });
  expect(() => chooseFormat({ ...bare, query: name })).toThrow(refused);
  expect(() => chooseFormat({ ...bare, suffix: name })).toThrow(refused);
});
