import { eq, sql } from 'drizzle-orm';
import { isObjectType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { audit, exports } from '../../../src/db/tables.ts';
import {
  cancelTask,
  claimTask,
  failTask,
  publishTask,
  recordProgress,
} from '../../../src/exports/task/store.ts';
import type { ExportTask } from '../../../src/exports/task.ts';
import { buildSchema } from '../../../src/graphql/schema.ts';
import { createRestHandler } from '../../../src/http/rest.ts';
import { eventually } from '../../support/eventually.ts';
import { addFinishedTask, addTask, requireTaskOf, useExports, viewerOf } from '../../support/export-deps.ts';
import { authenticateByName, useGateway } from '../../support/gateway.ts';

const { deps } = useExports();
const admin = viewerOf('admin', { scopes: ['exports:admin'] });
const stranger = viewerOf('stranger', { brands: ['piaget'], scopes: ['exports:admin'] });
const { ask } = useGateway(() => [createRestHandler(deps, authenticateByName([admin, stranger]))], deps);

const bytes = Buffer.from('{"email":null}\n');
const pathOf = ({ id }: Pick<ExportTask, 'id'>) => `/customer/cartier/export/${id.replaceAll('-', '')}`;
const hexOf = ({ id }: Pick<ExportTask, 'id'>) => id.replaceAll('-', '');

async function claimed(): Promise<ExportTask> {
  const task = await claimTask(deps.db, await addTask(deps));
  if (!task) throw new Error('The task could not be claimed.');
  return task;
}

async function see(task: ExportTask, init: Parameters<typeof ask>[1] = {}) {
  const response = await ask(pathOf(task), init);
  const body = JSON.parse((await response.text()) || 'null');
  return { status: response.status, headers: response.headers, body, code: body?.responseStatus?.errorCode };
}

describe('the status of an export', () => {
  test('that waits is a 202 that says when to ask again and how far it is', async () => {
    const task = await addTask(deps);
    const { status, headers, body } = await see(task);
    expect(status).toBe(202);
    expect([headers.get('retry-after'), headers.get('x-progress')]).toEqual(['1', '0%']);
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(body).toMatchObject({ asyncTaskId: hexOf(task), status: 'CREATED', progress: 0, file: null });
    expect(body.queuePosition).toBeGreaterThan(0);
  });

  test('that runs says whole percents, and 100 not before it is done', async () => {
    const task = await claimed();
    await recordProgress(deps.db, task, { objectCount: 42, totalObjectCount: 99, progress: 42.9 });
    const { status, headers, body } = await see(task);
    expect([status, headers.get('x-progress')]).toEqual([202, '42%']);
    expect(body).toMatchObject({
      status: 'RUNNING',
      objectCount: 42,
      totalObjectCount: 99,
      queuePosition: null,
    });
    await recordProgress(deps.db, task, { progress: 99.9 });
    expect((await see(task)).headers.get('x-progress')).toBe('99%');
  });

  test('that is done is a 200 with its file, and tells until when it is kept', async () => {
    const task = await addFinishedTask(deps, bytes);
    const { status, headers, body } = await see(task);
    expect(status).toBe(200);
    expect(headers.get('retry-after')).toBeNull();
    expect(headers.get('expires')).toBe(task.expiresAt?.toUTCString());
    expect(body).toMatchObject({
      status: 'COMPLETED',
      progress: 100,
      expiresAt: task.expiresAt?.toISOString(),
      file: {
        url: expect.stringContaining(`http://gateway.test/exports/${task.id}/file?expires=`),
        fileSize: bytes.length,
        objectCount: 1,
        fileChecksum: `sha256:${task.fileSha256}`,
      },
    });
  });

  test('has the names of GraphQL’s CustomerExport and ExportFile', async () => {
    const schema = buildSchema();
    const namesOf = (name: string) => {
      const type = schema.getType(name);
      return isObjectType(type) ? Object.keys(type.getFields()).toSorted() : [];
    };
    const { body } = await see(await addFinishedTask(deps, bytes));
    expect(Object.keys(body).toSorted()).toEqual(namesOf('CustomerExport'));
    expect(Object.keys(body.file).toSorted()).toEqual(namesOf('ExportFile'));
  });

  test('that failed is a 410 with the reason: it has no file and never will', async () => {
    const task = await claimed();
    await failTask(deps.db, task, { code: 'STORAGE_FULL', message: 'There is no room.', retryable: true });
    const { status, body } = await see(task);
    expect(status).toBe(410);
    expect(body).toEqual({
      responseStatus: {
        errorCode: 'STORAGE_FULL',
        message: 'This export failed. There is no room.',
        errors: [],
      },
    });
  });

  test('that was cancelled, or is about to be, is a 404 that says so', async () => {
    const waiting = await addTask(deps);
    const running = await claimed();
    for (const { id } of [waiting, running]) await cancelTask(deps.db, id, 'ann');
    expect(await see(waiting)).toMatchObject({ status: 404, code: 'CANCELED' });
    expect(await see(running)).toMatchObject({ status: 404, code: 'CANCELING' });
  });

  test('whose file is no longer kept is a 410, from the instant that it expires', async () => {
    const task = await addFinishedTask(deps, bytes);
    await deps.db
      .update(exports)
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where(eq(exports.id, task.id));
    expect(await see(task)).toMatchObject({ status: 410, code: 'EXPIRED' });
    await deps.db.update(exports).set({ status: 'EXPIRED', fileKey: null }).where(eq(exports.id, task.id));
    expect(await see(task)).toMatchObject({ status: 410, code: 'EXPIRED' });
  });

  test('answers to either form of the id, in the format that is asked for', async () => {
    const task = await addTask(deps);
    for (const id of [task.id, task.id.toUpperCase(), hexOf(task)]) {
      expect((await ask(`/customer/cartier/export/${id}`)).status).toBe(202);
    }
    const line = await ask(`${pathOf(task)}.jsonl`);
    expect(line.headers.get('content-type')).toBe('text/jsonl');
    expect(await line.text()).toMatch(/^\{"asyncTaskId":.*\}\n$/);
    expect((await ask(`${pathOf(task)}?format=xml`)).status).toBe(406);
  });

  test('has a HEAD with the same headers and no body', async () => {
    const response = await ask(pathOf(await claimed()), { method: 'HEAD' });
    expect([response.status, response.headers.get('x-progress')]).toEqual([202, '0%']);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100);
    expect(await response.text()).toBe('');
  });

  test('exists for its owner and an administrator of its brand, under its own brand, and for nobody else', async () => {
    const task = await addTask(deps);
    const as = async (name: string) =>
      (await see(task, { headers: { authorization: name && `Bearer ${name}` } })).status;
    expect([await as('ann'), await as('admin'), await as('bob'), await as('stranger'), await as('')]).toEqual(
      [202, 202, 404, 404, 401],
    );
    const otherBrand = await ask(pathOf(task).replace('cartier', 'piaget'));
    const unknown = await ask(`/customer/cartier/export/${'0'.repeat(32)}`);
    expect(await otherBrand.text()).toBe(await unknown.text());
    expect([otherBrand.status, unknown.status]).toEqual([404, 404]);
  });

  test('takes no other methods, and OPTIONS tells which it takes', async () => {
    const path = pathOf(await addTask(deps));
    for (const method of ['POST', 'PUT', 'PATCH']) {
      const response = await ask(path, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, DELETE, OPTIONS']);
    }
    const options = await ask(path, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, DELETE, OPTIONS']);
  });
});

describe('DELETE', () => {
  const remove = (task: ExportTask, name = 'ann') =>
    see(task, { method: 'DELETE', headers: { authorization: `Bearer ${name}` } });

  test('cancels what waits or runs; once more changes nothing', async () => {
    const waiting = await addTask(deps);
    const running = await claimed();
    expect(await remove(waiting)).toMatchObject({ status: 202, body: { status: 'CANCELED' } });
    expect(await remove(running)).toMatchObject({ status: 202, body: { status: 'CANCELING' } });
    expect(await remove(waiting)).toMatchObject({ status: 202, body: { status: 'CANCELED' } });
    expect(await remove(running)).toMatchObject({ status: 202, body: { status: 'CANCELING' } });
    const rows = await deps.db.select().from(audit).where(eq(audit.exportId, waiting.id));
    expect(rows).toMatchObject([{ actor: 'ann', action: 'cancel', details: { ip: '127.0.0.1' } }]);
  });

  test('removes the file of what is done; once more changes nothing', async () => {
    const task = await addFinishedTask(deps, bytes);
    expect(await remove(task)).toMatchObject({ status: 202, body: { status: 'EXPIRED', file: null } });
    expect(await deps.storage.open(task.fileKey ?? '')).toBeNull();
    expect(await see(task)).toMatchObject({ status: 410 });
    expect(await remove(task)).toMatchObject({ status: 202, body: { status: 'EXPIRED' } });
  });

  test('of what failed is a conflict: there is nothing to cancel and no file', async () => {
    const task = await claimed();
    await failTask(deps.db, task, { code: 'STORAGE_FULL', message: '', retryable: true });
    expect(await remove(task)).toMatchObject({ status: 409, code: 'CONFLICT' });
  });

  test('removes the file of what is finished in the very moment that it is cancelled', async () => {
    const task = await claimed();
    const file = { fileKey: '', fileSize: 0, uncompressedSize: 0, fileSha256: '', objectCount: 0 };
    const answer = await deps.db.transaction(async (tx) => {
      await publishTask(tx, task, { ...file, fileKey: `exports/${task.id}/1.jsonl` }, 24);
      const asked = remove(task);
      // It has seen the task run, and waits for the row that the worker holds.
      await eventually(async () => {
        const rows = await deps.db.execute(
          sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        expect(rows).toHaveLength(1);
      });
      return { asked };
    });
    expect(await answer.asked).toMatchObject({ status: 202, body: { status: 'EXPIRED' } });
    expect((await requireTaskOf(deps, task.id)).status).toBe('EXPIRED');
  });

  test('of somebody else’s export finds nothing and changes nothing', async () => {
    const task = await addTask(deps);
    expect(await remove(task, 'bob')).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await requireTaskOf(deps, task.id)).status).toBe('CREATED');
  });
});
