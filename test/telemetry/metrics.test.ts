import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { createClient } from 'graphql-ws';
import { beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../src/db/client.ts';
import { openFigures } from '../../src/exports/figures.ts';
import { answerMetrics } from '../../src/http/metrics.ts';
import { countErrors } from '../../src/storage/count-errors.ts';
import { openDirectory } from '../../src/storage/directory.ts';
import { useApp } from '../support/app.ts';
import { query, watch } from '../support/client.ts';
import { addCustomers } from '../support/customers.ts';
import { useExports } from '../support/export-deps.ts';
import { serve } from '../support/gateway.ts';
import { readMetrics } from '../support/metrics.ts';

const app = useApp();
const { deps } = useExports();

beforeAll(async () => {
  await app.db.execute(sql`insert into brands values ('cartier', 'Cartier'), ('piaget', 'Piaget')`);
  await app.db.execute(sql`insert into points_of_sale values ('cartier', 'P1', 'Paris')`);
  await addCustomers(app.db, { count: 120 });
});

const scrape = async () => readMetrics(await (await fetch(`${app.url()}/metrics`)).text());
const all = 'subscription { customerExportsProgress { status } }';

/** Until it is so: figures of the database are kept for some seconds. */
async function eventually(metric: string, value: number): Promise<Map<string, number>> {
  for (;;) {
    const metrics = await scrape();
    if (metrics.get(metric) === value) return metrics;
  }
}

test('an export is counted, with what it wrote, how long it took and what was asked for it', async () => {
  const input = { downloadRequestId: 'one', filter: { brand: 'cartier', posCodes: ['P1'] } };
  const { body } = await query(
    app.url(),
    'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId } }',
    { input },
  );
  const events = await watch(
    app.url(),
    'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { status file { fileSize } } }',
    { id: body.data?.['startCustomerExport'].asyncTaskId },
  );
  const fileSize = events.at(-1)?.data?.['customerExportProgress'].file.fileSize;
  const metrics = await eventually('customer_exports{brand="cartier",status="COMPLETED"}', 1);
  expect(Object.fromEntries(metrics)).toMatchObject({
    'customer_exports{brand="cartier",status="CREATED"}': 0,
    'customer_exports{brand="piaget",status="RUNNING"}': 0,
    customer_export_queue_length: 0,
    customer_export_queue_age_seconds: 0,
    customer_export_snapshot_age_seconds: 0,
    customer_export_database_up: 1,
    'customer_export_lines_written_total{brand="cartier"}': 120,
    'customer_export_bytes_written_total{brand="cartier"}': fileSize,
    'customer_export_duration_seconds_count{brand="cartier"}': 1,
    'customer_export_attempts_total{result="COMPLETED"}': 1,
    'customer_export_failures_total{code="WORKER_CRASHED"}': 0,
    'customer_export_storage_errors_total{operation="write",code="STORAGE_FULL"}': 0,
    customer_export_request_faults_total: 0,
    'http_request_duration_seconds_count{route="/graphql",status="200"}': 1,
  });
  expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  expect(metrics.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
});

test('open subscriptions are counted by transport', async () => {
  const client = createClient({
    url: `${app.url().replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
  });
  const reading = client.iterate({ query: all });
  void reading.next();
  const leave = new AbortController();
  const stream = await fetch(`${app.url()}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: all }),
    signal: leave.signal,
  });
  await stream.body?.getReader().read();
  await eventually('customer_export_subscriptions{transport="websocket"}', 1);
  await eventually('customer_export_subscriptions{transport="sse"}', 1);
  leave.abort();
  await client.dispose();
  await eventually('customer_export_subscriptions{transport="websocket"}', 0);
  await eventually('customer_export_subscriptions{transport="sse"}', 0);
});

test('how many wait, how long, and how old the oldest snapshot is, comes from the rows', async () => {
  await deps.db.execute(sql`
    insert into exports (brand, requested_by, download_request_id, fingerprint, filter, selection, compression, read_scope,
      status, created_at, transaction_time, retry_at)
    select 'cartier', 'ann', n::text, '', '{}', '', 'NONE', '{}', status, now() - age * interval '1 s',
      now() - snapshot * interval '1 s', case when retries then now() + interval '1 h' end
    from (values (1, 'CREATED', 60, null, false), (2, 'CREATED', 90, null, false), (3, 'RUNNING', 500, 300, false),
      (4, 'RUNNING', 900, 800, true), (5, 'FAILED', 5000, 4000, false)) t (n, status, age, snapshot, retries)`);
  const figures = await openFigures(deps.db)();
  expect(figures?.counts.filter(({ count }) => count > 0)).toEqual([
    { brand: 'cartier', status: 'CREATED', count: 2 },
    { brand: 'cartier', status: 'RUNNING', count: 2 },
  ]);
  expect(figures?.waiting).toBe(2);
  expect(figures?.oldestWaitingSeconds).toBeCloseTo(90, -1);
  expect(figures?.oldestSnapshotSeconds).toBeCloseTo(300, -1);
});

test('it reads unfinished exports and files from indexes alone', async () => {
  await deps.db.execute(sql`
    insert into exports (brand, requested_by, download_request_id, fingerprint, filter, selection, compression, read_scope, status)
    select 'cartier', 'ann', 'old ' || n, '', '{}', '', 'NONE', '{}', 'EXPIRED' from generate_series(1, 20000) n`);
  await deps.db.execute(sql`analyze exports`);
  const before = await scans();
  expect(await openFigures(deps.db)()).not.toBeNull();
  expect((await scans()) - before).toBe(0);
  async function scans(): Promise<number> {
    // What a session has counted is told to the others once it is idle, or is asked to.
    await deps.db.execute(sql`select pg_stat_force_next_flush()`);
    const [row] = await deps.db.execute<{ seq_scan: string }>(
      sql`select seq_scan from pg_stat_user_tables where relname = 'exports'`,
    );
    return Number(row?.seq_scan);
  }
});

test.each(['refuses', 'hangs'])('a database that %s holds up no scrape', async (how) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    if (how === 'refuses') socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { db, close } = connect(`postgres://127.0.0.1:${(server.address() as AddressInfo).port}/none`);
  const gateway = await serve([answerMetrics({ kind: 'open' }, { figures: openFigures(db) })], deps);
  try {
    for (let i = 0; i < 2; i++) {
      const since = performance.now();
      const metrics = readMetrics(await (await fetch(`${gateway.url}/metrics`)).text());
      expect(performance.now() - since).toBeLessThan(2_000);
      expect(metrics.get('customer_export_database_up')).toBe(0);
      expect(
        [...metrics.keys()].filter((name) => /^customer_export(s\{|_queue|_snapshot)/.test(name)),
      ).toEqual([]);
      expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    }
    // One query waits, however often it was asked.
    if (how === 'hangs') expect(sockets.size).toBe(1);
  } finally {
    await gateway.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    void close();
  }
});

test('the operators’ page speaks of metrics that there are', async () => {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const plain = (name: string) => name.replace(/\{.*/, '').replace(/_(bucket|sum|count)$/, '');
  const names = new Set([...(await scrape()).keys()].map(plain));
  const spoken = page.match(/\b(customer_exports?|http_request|nodejs|process)_[a-z\d_]*[a-z\d]\b/g) ?? [];
  expect(spoken.length).toBeGreaterThan(10);
  expect(spoken.filter((name) => !names.has(plain(name)))).toEqual([]);
});

test('where there is a token, who does not show it learns nothing', async () => {
  const token = 'x'.repeat(32);
  const figures = async () => null;
  const gateway = await serve([answerMetrics({ kind: 'token', token }, { figures })], deps);
  const ask = (authorization: string) => fetch(`${gateway.url}/metrics`, { headers: { authorization } });
  for (const wrong of ['', `Bearer ${token}x`, `Basic ${token}`, 'Bearer', token]) {
    const response = await ask(wrong);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.text()).not.toContain('customer_export_');
  }
  const right = await ask(`Bearer ${token}`);
  expect(right.status).toBe(200);
  expect(right.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(right.headers.get('cache-control')).toBe('private, no-store');
  expect((await fetch(`${gateway.url}/metrics`, { method: 'POST' })).status).toBe(405);
  await gateway.close();
});

test('without a token, and with authentication, there are no metrics', async () => {
  const gateway = await serve([answerMetrics({ kind: 'off' }, { figures: async () => null })], deps);
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404);
  await gateway.close();
});

test('faults of the storage are counted by what was done and their code', async () => {
  const storage = countErrors(openDirectory('/dev/null/nowhere'));
  const key = `exports/${crypto.randomUUID()}/1.jsonl`;
  const chunks = (async function* () {
    yield Buffer.from('x');
  })();
  await expect(storage.write(key, chunks, new AbortController().signal)).rejects.toThrow();
  const gateway = await serve([answerMetrics({ kind: 'open' }, { figures: async () => null })], deps);
  const metrics = readMetrics(await (await fetch(`${gateway.url}/metrics`)).text());
  const counted = [...metrics].filter(
    ([name, value]) => name.startsWith('customer_export_storage_errors_total') && value > 0,
  );
  expect(counted).toEqual([
    ['customer_export_storage_errors_total{operation="write",code="STORAGE_UNAVAILABLE"}', 1],
  ]);
  await gateway.close();
});
