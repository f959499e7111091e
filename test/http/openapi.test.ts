import { readFile } from 'node:fs/promises';
import { isInputObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { buildSchema } from '../../src/graphql/schema.ts';
import { createOpenApiHandler } from '../../src/http/openapi/route.ts';
import { describeApi } from '../../src/http/openapi.ts';
import { parameterNames, parameters } from '../../src/http/rest/parameters.ts';
import { createRestHandler } from '../../src/http/rest.ts';
import { useExports } from '../support/export-deps.ts';
import { authenticateByName, useGateway } from '../support/gateway.ts';

const { deps } = useExports();
const schema = buildSchema();
const { ask } = useGateway(
  () => [createOpenApiHandler(schema), createRestHandler(deps, authenticateByName())],
  deps,
);

const object = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ description: z.string() })),
  required: z.array(z.string()),
});
const operation = z.looseObject({ responses: z.record(z.string(), z.unknown()) });
const document = z
  .looseObject({
    openapi: z.literal('3.1.1'),
    paths: z.record(z.string(), z.looseObject({ get: operation.optional(), post: operation.optional() })),
    components: z.looseObject({ schemas: z.looseObject({ ExportRequest: object, CustomerExport: object }) }),
  })
  .parse(JSON.parse(JSON.stringify(describeApi(schema))));
const { ExportRequest, CustomerExport } = document.components.schemas;

test('openapi.json is what the code describes', async () => {
  const file = await readFile(new URL('../../openapi.json', import.meta.url), 'utf8');
  expect(JSON.parse(file)).toEqual(document);
});

test('it is served to anybody', async () => {
  const response = await ask('/openapi.json', { headers: { authorization: '' } });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(await response.json()).toEqual(document);
  const refused = await ask('/openapi.json', { method: 'POST' });
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
});

test('the parameters read are those described, and those of the GraphQL input, down to the objects in lists', () => {
  expect(Object.keys(ExportRequest.properties)).toEqual(parameterNames);
  const filter = schema.getType('CustomerFilterInput');
  if (!isInputObjectType(filter)) throw new Error('CustomerFilterInput is no input type');
  const fields = filter.getFields();
  expect(parameterNames.toSorted()).toEqual(['downloadRequestId', ...Object.keys(fields)].toSorted());
  for (const [name, { members }] of parameters) {
    const inner = schema.getType(`${fields[name]?.type}`.replaceAll(/[[\]!]/g, ''));
    expect(members.toSorted(), name).toEqual(
      isInputObjectType(inner) ? Object.keys(inner.getFields()).toSorted() : [],
    );
  }
});

test('it requires what the page requires and the path has not, and describes everything', () => {
  expect(ExportRequest.required).toEqual(['downloadRequestId', 'posCodes']);
  for (const [name, { description }] of Object.entries({
    ...ExportRequest.properties,
    ...CustomerExport.properties,
  })) {
    expect(description, name).not.toBe('');
  }
});

test('no reference in it leads nowhere', () => {
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g);
  const missing = [...references].filter(([, path = '']) => {
    let place: unknown = document;
    for (const step of path.split('/')) place = z.looseObject({}).safeParse(place).data?.[step];
    return place === undefined;
  });
  expect(missing).toEqual([]);
});

test('the answers that a request gets are among those described', async () => {
  const { responses } = document.paths['/customer/{brand}/export']?.post ?? { responses: {} };
  const send = (body: string, headers: Record<string, string> = {}, brand = 'cartier') =>
    ask(`/customer/${brand}/export`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const statuses = await Promise.all(
    [
      send('{"downloadRequestId":"r","posCodes":["P1"]}'),
      send('{}'),
      send('{}', { authorization: '' }),
      send('{}', {}, 'nowhere'),
      send('{}', { accept: 'text/html' }),
      send('{}', { 'content-type': 'text/html' }),
      send(' '.repeat(300_000)),
    ].map(async (response) => `${(await response).status}`),
  );
  expect(statuses).toEqual(['200', '400', '401', '404', '406', '415', '413']);
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(statuses));
});
