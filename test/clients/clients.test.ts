import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brands, pointsOfSale } from '../../src/db/tables.ts';
import { useApp } from '../support/app.ts';
import { addCustomers } from '../support/customers.ts';
import { makeKey, serveKeys, signToken } from '../support/tokens.ts';
import { exportCustomers as withApolloClient } from './apollo-client.ts';
import { exportCustomers as withEventSource } from './event-source.ts';
import { generateOperations } from './generate.ts';
import { exportCustomers as withGraphqlRequest } from './graphql-request.ts';
import { exportCustomers as withGraphqlSse } from './graphql-sse.ts';
import { exportCustomers as withGraphqlWs } from './graphql-ws.ts';
import type { Job, Progress } from './job.ts';
import { exportCustomers as withUrql } from './urql.ts';

const key = await makeKey('ES256');
const keys = await serveKeys([key]);
const app = useApp({ ...keys.env });
let token = '';

beforeAll(async () => {
  token = await signToken(key, { brands: ['cartier'] });
  await app.db.insert(brands).values({ code: 'cartier', name: 'Cartier' });
  await app.db.insert(pointsOfSale).values({ brand: 'cartier', posCode: 'P1', name: 'Paris' });
  await addCustomers(app.db, { count: 500 });
});
afterAll(() => keys[Symbol.asyncDispose]());

const clients = {
  'graphql-ws': withGraphqlWs,
  'Apollo Client': withApolloClient,
  urql: withUrql,
  'graphql-sse': withGraphqlSse,
  EventSource: withEventSource,
  'graphql-request': withGraphqlRequest,
} satisfies Record<string, (job: Job) => Promise<Response>>;

const inputOf = (downloadRequestId: string, posCode = 'P1'): Job['input'] => ({
  downloadRequestId,
  filter: { brand: 'cartier', posCodes: [posCode] },
  selection: '{ boosterCustomerId email }',
});
const expectedLines = Array.from(
  { length: 500 },
  (_, i) => `${JSON.stringify({ boosterCustomerId: i + 1, email: `c${i + 1}@example.com` })}\n`,
).join('');

describe.each(Object.entries(clients))('%s', (name, exportCustomers) => {
  const job = (input: Job['input'], seen: Progress[]): Job => ({
    url: `${app.url()}/graphql`,
    token,
    input,
    onProgress: (progress) => seen.push(progress),
  });

  test('starts an export, watches it to its end and downloads the file', async () => {
    const seen: Progress[] = [];
    const response = await exportCustomers(job(inputOf(name), seen));
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text).toBe(expectedLines);
    const last = seen.at(-1);
    expect(last).toMatchObject({
      status: 'COMPLETED',
      progress: 100,
      objectCount: 500,
      totalObjectCount: 500,
    });
    expect(last?.file?.fileChecksum).toBe(`sha256:${createHash('sha256').update(text).digest('hex')}`);
    const progress = seen.map((state) => state.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  test('is told what is wrong with a request', async () => {
    const seen: Progress[] = [];
    await expect(exportCustomers(job(inputOf(`${name} wrong`, 'P9'), seen))).rejects.toThrow('P9');
    expect(seen).toEqual([]);
  });
});

describe('curl', () => {
  const run = promisify(execFile);
  const curl = (input: Job['input']) =>
    run('bash', [join(import.meta.dirname, 'curl.sh'), `${app.url()}/graphql`, token, JSON.stringify(input)]);

  test('starts an export, watches it to its end and downloads the file', async () => {
    const { stdout, stderr } = await curl(inputOf('curl'));
    expect(stdout).toBe(expectedLines);
    expect(stderr.split('\n').at(-2)).toContain('"status":"COMPLETED"');
  });

  test('is told what is wrong with a request', async () => {
    await expect(curl(inputOf('curl wrong', 'P9'))).rejects.toThrow('P9');
  });
});

test('operations.ts is what the code generator makes of the schema as it is', async () => {
  const file = await readFile(join(import.meta.dirname, 'operations.ts'), 'utf8');
  expect(file).toBe(await generateOperations());
});
