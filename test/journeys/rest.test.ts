import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { query } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';

const app = useApp();

beforeAll(async () => {
  await app.db.execute(sql`insert into brands values ('maison', 'Maison')`);
  await app.db.execute(sql`insert into points_of_sale values ('maison', 'P1', 'One')`);
  for (const id of [2, 1, 3]) {
    await app.db.execute(sql`insert into customers (booster_customer_id, brand, pos_code, first_name, creation_date, customer_status, can_be_contacted_by_maison, has_sap_crm_error)
      values (${id}, 'maison', 'P1', 'Zoë', '2022-01-01', ${id === 3 ? 'Prospect' : 'Client'}, true, false)`);
  }
});

test('a REST caller gets from the form to the file, piece by piece, and away with it', async () => {
  const started = await fetch(`${app.url()}/customer/maison/export`, {
    method: 'POST',
    headers: { accept: 'text/jsonl' },
    body: new URLSearchParams({ DownloadRequestId: 'rest', PosCodes: 'P1', CustomerStatus: 'Client' }),
  });
  const { asyncTaskId } = JSON.parse(await started.text());
  expect(started.headers.get('location')).toBe(`/customer/maison/export/${asyncTaskId}`);
  const status = () => fetch(`${app.url()}/customer/maison/export/${asyncTaskId}`);

  const task = await eventually(
    async () => {
      const response = await status();
      const body = JSON.parse(await response.text());
      expect(response.headers.get('etag')).toMatch(/^W\/"\d+"$/);
      expect(response.status).toBe(200);
      return body;
    },
    { timeout: 20_000, interval: 100 },
  );
  expect(task).toMatchObject({ asyncTaskId, status: 'COMPLETED', objectCount: 2, progress: 100 });

  const read = async (range: string) =>
    Buffer.from(await (await fetch(task.file.url, { headers: { range } })).arrayBuffer());
  const bytes = Buffer.concat([await read('bytes=0-99'), await read('bytes=100-')]);
  expect(bytes.length).toBe(task.file.fileSize);
  expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(task.file.fileChecksum);
  const lines = bytes.toString().trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).boosterCustomerId)).toEqual([1, 2]);

  const removed = await fetch(`${app.url()}/customer/maison/export/${asyncTaskId}`, { method: 'DELETE' });
  expect([removed.status, (await status()).status, (await fetch(task.file.url)).status]).toEqual([
    202, 410, 410,
  ]);
});

test('the mutation and the page give one task for one request, and equal files for two', async () => {
  const filter = { brand: 'maison', posCodes: ['P1'], customerStatus: ['CLIENT'] };
  const mutate = async (downloadRequestId: string) => {
    const { body } = await query(
      app.url(),
      'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId } }',
      { input: { downloadRequestId, filter } },
    );
    return body.data?.['startCustomerExport'].asyncTaskId.replaceAll('-', '');
  };
  const post = async (downloadRequestId: string) => {
    const response = await fetch(`${app.url()}/customer/maison/export`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ downloadRequestId, posCodes: ['P1'], customerStatus: ['Client'] }),
    });
    return JSON.parse(await response.text()).asyncTaskId;
  };
  const read = (id: string) =>
    eventually(
      async () => {
        const response = await fetch(`${app.url()}/customer/maison/export/${id}`);
        expect(response.status).toBe(200);
        return (await fetch(JSON.parse(await response.text()).file.url)).text();
      },
      { timeout: 20_000, interval: 100 },
    );
  const [first, second, third] = [await mutate('one'), await post('one'), await post('two')];
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  const file = await read(first);
  expect(file.split('\n')).toHaveLength(3);
  expect(await read(third)).toBe(file);
});
