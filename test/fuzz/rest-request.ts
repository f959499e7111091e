import fc from 'fast-check';
import { type FuzzRequest, post } from './request.ts';
import { filter, filterNames, id, json, text } from './values.ts';

const restName = fc
  .constantFrom('downloadRequestId', ...filterNames)
  .chain((name) => fc.constantFrom(name, name.toUpperCase(), name.toLowerCase()));
const restBody = fc
  .tuple(
    filter,
    fc.oneof(fc.uuid(), text),
    fc.array(fc.tuple(fc.oneof(restName, text), json), { maxLength: 2 }),
  )
  .map(([values, downloadRequestId, odd]) => ({ ...values, downloadRequestId, ...Object.fromEntries(odd) }));
const formOf = (values: Record<string, unknown>) =>
  new URLSearchParams(
    Object.entries(values).flatMap(([name, value]): [string, string][] => {
      const write = (part: unknown) => (typeof part === 'object' ? JSON.stringify(part) : `${part}`);
      return Array.isArray(value)
        ? value.map((part): [string, string] => [name, write(part)])
        : [[name, write(value)]];
    }),
  ).toString();
const segment = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('cartier', 'piaget') },
  { weight: 1, arbitrary: text.map(encode) },
);
const suffix = fc.constantFrom('', '', '.json', '.jsonl', '.xml', '?format=json', '?format=x', '?email=a');
const types = fc.constantFrom(
  'application/json',
  'text/jsonl',
  'application/x-ndjson',
  'text/plain',
  'application/json; charset=utf-16',
  '',
);

/** Half a surrogate pair cannot be encoded, and a client could not send it. */
function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

export const restRequest: fc.Arbitrary<FuzzRequest> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(segment, suffix, types, restBody)
      .map(([brand, end, type, body]) => post(`/customer/${brand}/export${end}`, type, JSON.stringify(body))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(segment, suffix, restBody)
      .map(([brand, end, body]) =>
        post(`/customer/${brand}/export${end}`, 'application/x-www-form-urlencoded', formOf(body)),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        segment,
        types,
        fc.oneof(
          text,
          json.map((value) => JSON.stringify(value)),
        ),
      )
      .map(([brand, type, body]) => post(`/customer/${brand}/export`, type, body)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('GET', 'HEAD', 'DELETE', 'PUT', 'OPTIONS'), segment, id.map(encode), suffix)
      .map(([method, brand, task, end]) => ({
        method,
        path: `/customer/${brand}/export/${task}${end}`,
        headers: {},
        body: null,
      })),
  },
  {
    weight: 1,
    arbitrary: text.map((path) => ({ method: 'GET', path: `/${encode(path)}`, headers: {}, body: null })),
  },
);
