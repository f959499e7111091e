import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query, watch } from '../support/client.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { useDatabase } from '../support/postgres.ts';
import { type Server, startServer } from '../support/process.ts';
import { openSocket } from '../support/raw-websocket.ts';
import { makeKey, serveKeys, signToken } from '../support/tokens.ts';

/** One for each place where somebody's data, or a secret, can stand. None occurs anywhere else. */
const canaries = {
  firstName: 'Kanarienvorname',
  lastName: 'Kanariennachname',
  email: 'kanarienpost@voliere.example',
  phoneNumber: '+393331234567',
  sapCrmId: 'KANARIENSAP',
  searchKey: 'Kanariensuche',
  filterEmail: 'kanarienfilter@voliere.example',
  interest: 'KANARIENINTERESSE',
  representative: 'kanarienberater@voliere.example',
  downloadRequestId: 'Kanarienauftrag',
  signature: 'Kanariensignatur',
  garbage: 'Kanarienmist',
  baggage: 'Kanariengepaeck',
  metricsToken: 'Kanarienschluessel-zu-den-Zahlen',
};

const { db, url } = useDatabase();
const key = await makeKey('ES256');
const keys = await serveKeys([key]);
let folder = '';
let server: Server;
let collector: Collector;
let gateway = '';
let headers: Record<string, string> = {};
let bearer = '';
/** Bodies of all refusals and failures. */
const refusals: string[] = [];

beforeAll(async () => {
  await db.execute(sql`insert into brands values ('cartier', 'Cartier')`);
  await db.execute(sql`insert into points_of_sale values ('cartier', 'P1', 'Paris')`);
  await db.execute(sql`
    insert into customers (booster_customer_id, brand, pos_code, first_name, last_name, email, phone_number, sap_crm_id,
      creation_date, customer_status, can_be_contacted_by_maison, has_sap_crm_error)
    values (1, 'cartier', 'P1', ${canaries.firstName}, ${canaries.lastName}, ${canaries.email}, ${canaries.phoneNumber},
      ${canaries.sapCrmId}, '2024-01-01', 'Client', true, false)`);
  folder = await mkdtemp(join(tmpdir(), 'export-privacy-'));
  bearer = await signToken(key, { sub: 'ann', scope: 'customers:read customers:export exports:admin' });
  headers = {
    authorization: `Bearer ${bearer}`,
    tracestate: `vendor=${canaries.baggage}`,
    baggage: `customer=${canaries.baggage}`,
  };
  collector = await startCollector();
  server = startServer({
    env: {
      ...keys.env,
      ...collector.env,
      METRICS_TOKEN: canaries.metricsToken,
      DATABASE_URL: url,
      DATA_DIR: folder,
      LOG_LEVEL: 'trace',
    },
  });
  gateway = await server.ready;
});
afterAll(async () => {
  server.signal('SIGKILL');
  await server.ended;
  await keys[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const good = { brand: 'cartier', posCodes: ['P1'] };
const telling = {
  ...good,
  searchKey: canaries.searchKey,
  email: canaries.filterEmail,
  interests: [{ interest: canaries.interest, sapInterestId: canaries.interest }],
  saleRepresentativeEmails: [canaries.representative],
};
const start = `mutation ($input: StartCustomerExportInput!) {
  startCustomerExport(input: $input) { asyncTaskId userErrors { code message field } } }`;
const explore =
  'query ($filter: CustomerFilterInput!) { customers(filter: $filter) { totalCount nodes { email lastName } } }';
const follow = `subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status file { url } } }`;

/** An operation, whose errors are kept. */
async function run(document: string, variables: Record<string, unknown> = {}, asked = headers) {
  const answer = await query(gateway, document, variables, asked);
  const changes = Object.values(answer.body.data ?? {});
  const failed = answer.body.errors ?? changes.filter((change) => change?.userErrors?.length > 0);
  if (failed.length > 0) refusals.push(JSON.stringify(failed));
  return answer.body;
}

/** A request that is to be refused or to fail. */
async function refuse(path: string, init: RequestInit = {}): Promise<void> {
  const response = await fetch(gateway + path, { headers, ...init });
  const text = await response.text();
  expect(response.ok, text).toBe(false);
  refusals.push(text, ...[...response.headers.values()]);
}

const postJson = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { ...headers, 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

let requests = 0;
const startOne = async (filter: object) => {
  const downloadRequestId = `${canaries.downloadRequestId} ${++requests}`;
  const { data } = await run(start, { input: { downloadRequestId, filter } });
  return data?.['startCustomerExport'].asyncTaskId;
};

test('what succeeds', async () => {
  for (const filter of [good, telling]) {
    const id = await startOne(filter);
    const events = await watch(gateway, follow, { id }, { authorization: `Bearer ${bearer}` });
    const last = events.at(-1)?.data?.['customerExportProgress'];
    expect(last.status).toBe('COMPLETED');
    const text = await (await fetch(last.file.url)).text();
    expect(text.includes(canaries.email)).toBe(filter === good);
    await fetch(`${gateway}/customer/cartier/export/${id}`, { headers });
    await run('mutation ($id: ID!) { deleteCustomerExport(asyncTaskId: $id) { userErrors { code } } }', {
      id,
    });
  }
  expect(
    (await run(explore, { filter: { ...good, email: canaries.email } })).data?.['customers'].totalCount,
  ).toBe(1);
  const rest = await fetch(
    `${gateway}/customer/cartier/export`,
    postJson({
      downloadRequestId: `${canaries.downloadRequestId} rest`,
      posCodes: ['P1'],
      email: canaries.filterEmail,
    }),
  );
  expect(rest.status).toBe(200);
});

test('what is refused', async () => {
  const { garbage, signature, filterEmail } = canaries;
  const input = { downloadRequestId: `${canaries.downloadRequestId} 1`, filter: telling };
  await run(start, { input }); // CONFLICT
  await run(start, { input: { ...input, downloadRequestId: `${garbage}\n` } });
  await run(start, {
    input: { ...input, filter: { ...telling, birthdateMonths: [13], phoneNumber: garbage } },
  });
  await run(start, { input: { ...input, filter: { ...telling, customerStatus: [garbage] } } });
  await run(start, { input: { ...input, filter: { ...telling, posCodes: [{ code: garbage }] } } });
  await run(start, { input: { ...input, selection: `{ email(as: "${garbage}") }` } });
  await run(explore, { filter: { ...telling, brand: garbage } });
  await run(
    `{ customers(filter: {brand: "cartier", posCodes: ["P1"], email: "${filterEmail}", nothing: 1}) { totalCount } }`,
  );
  await run(`{ brands { "${filterEmail}" } }`);
  await run('{ brands { code } }', {}, { authorization: `Bearer ${garbage}` });
  await run('{ brands { code } }', {}, { authorization: `Basic ${garbage}` });
  const forged = `${bearer.slice(0, bearer.lastIndexOf('.'))}.${garbage}`;
  await run('{ brands { code } }', {}, { authorization: `Bearer ${forged}` });
  const closed = await openSocket(gateway);
  closed.send({ type: 'connection_init', payload: { authorization: `Bearer ${garbage}` } });
  expect(await closed.closed).toMatchObject({ code: 4403 });
  await refuse(
    `/customer/${garbage}/export`,
    postJson({ downloadRequestId: garbage, posCodes: ['P1'], email: filterEmail }),
  );
  await refuse(
    '/customer/cartier/export',
    postJson({ downloadRequestId: garbage, posCodes: ['P1'], email: { filterEmail } }),
  );
  await refuse('/customer/cartier/export', { ...postJson(null), body: `{"email":"${filterEmail}"` });
  await refuse('/graphql', { ...postJson(null), body: `{"query": ${garbage}` });
  await refuse(`/customer/cartier/export/${crypto.randomUUID()}?email=${filterEmail}`);
  await refuse(`/exports/${crypto.randomUUID()}/file?expires=9999999999&signature=${signature}`);
  await refuse(`/${garbage}`);
  await refuse('/metrics');
  expect(refusals.length).toBeGreaterThan(18);
});

test('what fails in the database, with the request in its message', async () => {
  const before = refusals.length;
  const breaks: [string, string][] = [
    ['customers', 'gone_customers'],
    ['points_of_sale', 'gone_points_of_sale'],
    ['exports', 'gone_exports'],
  ];
  for (const [table, gone] of breaks) {
    const id = table === 'customers' ? await startOne(telling) : undefined;
    await db.execute(sql`alter table ${sql.identifier(table)} rename to ${sql.identifier(gone)}`);
    await run(explore, { filter: { ...telling, email: canaries.email } });
    await startOne(telling);
    if (table !== 'customers') {
      await refuse(
        '/customer/cartier/export',
        postJson({
          downloadRequestId: `${canaries.downloadRequestId} broken`,
          posCodes: ['P1'],
          email: canaries.filterEmail,
        }),
      );
    }
    await db.execute(sql`alter table ${sql.identifier(gone)} rename to ${sql.identifier(table)}`);
    if (id) await watch(gateway, follow, { id }, { authorization: `Bearer ${bearer}` });
  }
  expect(refusals.length - before).toBeGreaterThanOrEqual(5);
  expect(refusals.join()).toContain('INTERNAL_SERVER_ERROR');
  await server.logged('request failed');
});

test('none of it is in the log, in an error, in what is measured or in a trace', async () => {
  const reader = { authorization: `Bearer ${canaries.metricsToken}` };
  const measured = await (await fetch(`${gateway}/metrics`, { headers: reader })).text();
  expect(measured).toContain('customer_export_lines_written_total{brand="cartier"}');
  const health = await (await fetch(`${gateway}/health/ready`)).text();
  server.signal('SIGTERM');
  await server.ended;
  expect(server.log.length).toBeGreaterThan(10);
  expect(new Set(collector.spans().map(({ name }) => name))).toContain('export upload');
  const traces = collector.text();
  const places = { log: server.output(), errors: refusals.join('\n'), measured, health, traces };
  const secrets = [...Object.values(canaries), bearer, bearer.split('.')[2] ?? ''];
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) {
      const forms = [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64').replace(/=*$/, ''),
      ];
      const found = forms.filter((form) => text.toLowerCase().includes(form.toLowerCase()));
      expect(found, place).toEqual([]);
    }
  }
});
