import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../src/db/tables.ts';
import { describeFile } from '../../src/exports/file.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import { createDownloadHandler } from '../../src/http/download.ts';
import { addFinishedTask, useExports } from '../support/export-deps.ts';
import { authenticateByName, type Gateway, serve } from '../support/gateway.ts';

const { deps } = useExports();
const elsewhere = 'https://bucket.example/file?X-Amz-Signature=1';
let task: ExportTask;
let gateway: Gateway;

beforeAll(async () => {
  task = await addFinishedTask(deps, Buffer.from('{}\n'));
  const storage = { ...deps.storage, downloadUrl: async () => elsewhere };
  gateway = await serve([createDownloadHandler({ ...deps, storage }, authenticateByName())], deps);
});
afterAll(() => gateway.close());

const ask = (method: string) => {
  const { pathname, search } = new URL(describeFile(deps, task)?.url ?? '');
  return fetch(gateway.url + pathname + search, { method, redirect: 'manual' });
};

test('a storage that hands out files itself gets the reader, after the audit row', async () => {
  const response = await ask('GET');
  expect(response.status).toBe(302);
  expect(response.headers.get('location')).toBe(elsewhere);
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  expect(response.headers.get('repr-digest')).toMatch(/^sha-256=:/);
  const rows = await deps.db.select().from(audit).where(eq(audit.exportId, task.id));
  expect(rows.at(-1)).toMatchObject({ action: 'download', details: { bytes: 'redirect' } });
});

test('HEAD is answered here: it asks for facts, and hands out nothing', async () => {
  const response = await ask('HEAD');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-length')).toBe('3');
});
