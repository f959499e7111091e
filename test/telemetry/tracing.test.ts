import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { query, watch } from '../support/client.ts';
import { type Collected, startCollector } from '../support/collector.ts';
import { addCustomers } from '../support/customers.ts';
import { readMetrics } from '../support/metrics.ts';
import { useDatabase } from '../support/postgres.ts';
import { type Server, startServer } from '../support/process.ts';

const { db, url } = useDatabase();
const collector = await startCollector();
let folder = '';
let gateway: Server;
let worker: Server;
let gatewayUrl = '';

beforeAll(async () => {
  await db.execute(sql`insert into brands values ('cartier', 'Cartier')`);
  await db.execute(sql`insert into points_of_sale values ('cartier', 'P1', 'Paris')`);
  await addCustomers(db, { count: 3 });
  folder = await mkdtemp(join(tmpdir(), 'export-traces-'));
  const env = { ...collector.env, DATABASE_URL: url, DATA_DIR: folder };
  gateway = startServer({ env: { ...env, ROLES: 'gateway' } });
  worker = startServer({ env: { ...env, ROLES: 'worker', OTEL_SERVICE_NAME: 'workers of ours' } });
  gatewayUrl = await gateway.ready;
  await worker.ready;
});
afterAll(async () => {
  for (const server of [gateway, worker]) server.signal('SIGKILL');
  await Promise.all([gateway.ended, worker.ended]);
  await collector[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const filter = { brand: 'cartier', posCodes: ['P1'] };
const start = `mutation ($input: StartCustomerExportInput!) {
  startCustomerExport(input: $input) { asyncTaskId userErrors { message } } }`;
const progress = 'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status } }';

const callers = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
let overHttp = '';
let overSocket = '';

test('exports run, one started with a trace of its caller’s, one over a WebSocket', async () => {
  const input = { downloadRequestId: 'http', filter };
  const { body } = await query(
    gatewayUrl,
    start,
    { input },
    {
      traceparent: `00-${callers.traceId}-${callers.spanId}-01`,
      tracestate: 'vendor=carried',
      baggage: 'somebody=carried',
    },
  );
  overHttp = body.data?.['startCustomerExport'].asyncTaskId;
  const [answer] = await watch(gatewayUrl, start, { input: { downloadRequestId: 'socket', filter } });
  overSocket = answer?.data?.['startCustomerExport'].asyncTaskId;
  for (const id of [overHttp, overSocket]) {
    const events = await watch(gatewayUrl, progress, { id });
    expect(events.at(-1)?.data?.['customerExportProgress'].status).toBe('COMPLETED');
  }
});

test('a worker of its own tells how it is and what it did', async () => {
  const status = (await worker.ready).replace(/^.* /, '');
  expect((await fetch(`${status}/health/live`)).status).toBe(200);
  expect((await fetch(`${status}/health/ready`)).status).toBe(200);
  expect((await fetch(`${status}/graphql`)).status).toBe(404);
  const metrics = readMetrics(await (await fetch(`${status}/metrics`)).text());
  expect(metrics.get('customer_export_lines_written_total{brand="cartier"}')).toBe(6);
  expect(metrics.get('customer_export_attempts_total{result="COMPLETED"}')).toBe(2);
  expect(metrics.get('customer_export_database_up')).toBe(1);
});

test('each is one trace from the request through the gateway and the worker to the file', async () => {
  for (const server of [gateway, worker]) server.signal('SIGTERM');
  expect(await Promise.all([gateway.ended, worker.ended])).toEqual([0, 0]);
  const spans = collector.spans();
  const root = (name: string, of: string) => {
    const enqueue = spans.find((s) => s.name === 'export enqueue' && s.attributes['export.task_id'] === of);
    return spans.find((s) => s.name === name && s.spanId === enqueue?.parentSpanId);
  };
  const http = root('POST /graphql', overHttp);
  expect(http).toMatchObject({ traceId: callers.traceId, parentSpanId: callers.spanId });
  expect(http?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/graphql',
    'http.response.status_code': 200,
  });
  for (const [request, taskId] of [
    [http, overHttp],
    [root('WS /graphql', overSocket), overSocket],
  ] as const) {
    const [enqueue, ...more] = below(spans, request);
    expect(more).toEqual([]);
    expect(enqueue).toMatchObject({ name: 'export enqueue', service: 'customer-export-gateway' });
    const [attempt] = below(spans, enqueue);
    expect(attempt).toMatchObject({ name: 'export attempt', service: 'workers of ours' });
    expect(attempt?.attributes).toEqual({
      'export.task_id': taskId,
      'export.attempt': 1,
      'export.brand': 'cartier',
      'export.status': 'COMPLETED',
      'export.lines': 3,
      'export.bytes': expect.any(Number),
    });
    const parts = below(spans, attempt);
    expect(parts.map(({ name }) => name).sort()).toEqual([
      'export count',
      'export publish',
      'export read',
      'export upload',
    ]);
    expect(new Set([request, enqueue, attempt, ...parts].map((span) => span?.traceId)).size).toBe(1);
  }
  expect(collector.text()).not.toContain('carried');
});

function below(spans: readonly Collected[], parent: Collected | undefined): Collected[] {
  return spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId);
}
