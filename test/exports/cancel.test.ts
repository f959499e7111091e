import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { audit } from '../../src/db/tables.ts';
import { cancelCustomerExport, deleteCustomerExport } from '../../src/exports/cancel.ts';
import type { ExportDeps } from '../../src/exports/deps.ts';
import { fileKey } from '../../src/exports/file.ts';
import { claimTask, failTask, finishCanceling } from '../../src/exports/task/store.ts';
import { addFinishedTask, addTask, requireTaskOf, useExports, viewerOf } from '../support/export-deps.ts';

const { deps, logged } = useExports();
const ann = viewerOf('ann');
const origin = { ip: '192.0.2.1', userAgent: 'test' };
beforeEach(() => {
  logged.length = 0;
});

async function claimed() {
  const task = await claimTask(deps.db, await addTask(deps));
  if (!task) throw new Error('The task could not be claimed.');
  return task;
}

async function deeds(id: string) {
  const rows = await deps.db.select().from(audit).where(eq(audit.exportId, id));
  return rows.map(({ actor, action }) => `${actor} ${action}`);
}

describe('cancelling', () => {
  test('ends a waiting export at once', async () => {
    const task = await addTask(deps);
    expect(await cancelCustomerExport(deps, ann, task.id, origin)).toMatchObject({ status: 'CANCELED' });
    expect(await claimTask(deps.db, task)).toBeNull();
    expect(await deeds(task.id)).toEqual(['ann cancel']);
  });

  test('asks the worker of a running export, and once is enough', async () => {
    const task = await claimed();
    expect(await cancelCustomerExport(deps, ann, task.id, origin)).toMatchObject({ status: 'CANCELING' });
    expect(await cancelCustomerExport(deps, ann, task.id, origin)).toMatchObject({ status: 'CANCELING' });
    await finishCanceling(deps.db, task);
    expect(await cancelCustomerExport(deps, ann, task.id, origin)).toMatchObject({ status: 'CANCELED' });
    expect(await deeds(task.id)).toEqual(['ann cancel']);
  });

  test('by several at the same instant is one deed, and nobody is refused', async () => {
    const task = await claimed();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => cancelCustomerExport(deps, ann, task.id, origin)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['CANCELING']));
    expect(await deeds(task.id)).toEqual(['ann cancel']);
  });

  test('what is finished is a conflict', async () => {
    const failed = await claimed();
    await failTask(deps.db, failed, { code: 'INTERNAL_ERROR', message: '', retryable: false });
    const finished = await addFinishedTask(deps, Buffer.from('x'));
    for (const { id } of [failed, finished]) {
      await expect(cancelCustomerExport(deps, ann, id, origin)).rejects.toMatchObject({
        problems: [{ code: 'CONFLICT' }],
      });
    }
  });
});

describe('deleting', () => {
  test('removes the file now; the record stays', async () => {
    const task = await addFinishedTask(deps, Buffer.from('x'));
    expect(await deps.storage.head(fileKey(task))).not.toBeNull();
    expect(await deleteCustomerExport(deps, ann, task.id, origin)).toMatchObject({
      status: 'EXPIRED',
      objectCount: 1,
    });
    expect(await deps.storage.head(fileKey(task))).toBeNull();
    expect(await deleteCustomerExport(deps, ann, task.id, origin)).toMatchObject({ status: 'EXPIRED' });
    expect(await deeds(task.id)).toEqual(['ann delete']);
  });

  test('is done even when the storage is away: nobody gets the file any more, and the sweep removes it', async () => {
    const task = await addFinishedTask(deps, Buffer.from('x'));
    const storage: ExportDeps['storage'] = {
      ...deps.storage,
      remove: () => Promise.reject(new Error('away')),
    };
    await deleteCustomerExport({ ...deps, storage }, ann, task.id, origin);
    expect(await requireTaskOf(deps, task.id)).toMatchObject({ status: 'EXPIRED', fileKey: null });
    expect(logged.at(-1)).toMatchObject({ taskId: task.id, msg: 'left an object behind' });
  });

  test('what has no file is a conflict', async () => {
    await expect(deleteCustomerExport(deps, ann, (await addTask(deps)).id, origin)).rejects.toMatchObject({
      problems: [{ code: 'CONFLICT' }],
    });
  });
});
