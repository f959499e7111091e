import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { query } from '../support/client.ts';

const app = useApp();

beforeAll(async () => {
  await app.db.execute(sql`insert into brands values ('cartier', 'Cartier')`);
  await app.db.execute(sql`insert into points_of_sale values ('cartier', 'P1', 'Paris')`);
});

const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const events = { accept: 'text/event-stream' };
const unknown = 'subscription { customerExportProgress(asyncTaskId: "none") { status } }';

const answers: Readonly<Record<string, [string, RequestInit?]>> = {
  GraphQL: ['/graphql', post({ query: '{ brands { code } }' })],
  'GraphQL by GET': [`/graphql?query=${encodeURIComponent('{ brands { code } }')}`],
  'a GraphQL error': ['/graphql', post({ query: '{ nothing }' })],
  'a body that is no JSON': ['/graphql', { ...post(null), body: '{' }],
  events: ['/graphql', post({ query: 'subscription { customerExportsProgress { status } }' }, events)],
  'events of an error': ['/graphql', post({ query: unknown }, events)],
  GraphiQL: ['/graphql', { headers: { accept: 'text/html' } }],
  'a REST start': ['/customer/cartier/export', post({ downloadRequestId: 'rest', posCodes: ['P1'] })],
  'a REST error': ['/customer/cartier/export', post({})],
  metrics: ['/metrics'],
  nothing: ['/nowhere'],
};

test.each(Object.entries(answers))('%s is kept by no cache and taken for nothing else', async (_, ask) => {
  const [path, init] = ask;
  const leave = new AbortController();
  const response = await fetch(app.url() + path, { ...init, signal: leave.signal });
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  leave.abort();
});

test('a task and its file are kept by no cache either', async () => {
  const input = { downloadRequestId: 'file', filter: { brand: 'cartier', posCodes: ['P1'] } };
  const { body } = await query(
    app.url(),
    'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId } }',
    { input },
  );
  const id = body.data?.['startCustomerExport'].asyncTaskId;
  let status = await fetch(`${app.url()}/customer/cartier/export/${id}`);
  while (status.status === 202) status = await fetch(`${app.url()}/customer/cartier/export/${id}`);
  for (const response of [status, await fetch((await status.clone().json()).file.url)]) {
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  }
});

test('what is no secret may be kept', async () => {
  const response = await fetch(`${app.url()}/openapi.json`);
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});
