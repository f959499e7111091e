import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { asc, eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { audit, exports } from '../../src/db/tables.ts';
import { deleteCustomerExport } from '../../src/exports/cancel.ts';
import { openDownload, type Permit } from '../../src/exports/download.ts';
import { describeFile, signFileUrl } from '../../src/exports/file.ts';
import { claimTask, failTask } from '../../src/exports/task/store.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import { StorageError } from '../../src/storage/storage.ts';
import { addFinishedTask, addTask, requireTaskOf, useExports, viewerOf } from '../support/export-deps.ts';

const { deps, logged, folder } = useExports();
const origin = { ip: '192.0.2.7', userAgent: 'curl' };
const ann = { viewer: viewerOf('ann') };
const bytes = Buffer.from('{"email":null}\n');

/** What the query of the task's current URL permits. */
function linkTo(task: ExportTask, expires?: number): Permit {
  const url = expires ? signFileUrl(deps, task, expires) : (describeFile(deps, task)?.url ?? '');
  const query = new URL(url).searchParams;
  return { expires: query.get('expires') ?? '', signature: query.get('signature') ?? '' };
}

async function read(task: ExportTask, permit: Permit, range: { start: number; end: number } | null = null) {
  const file = await openDownload(deps, task.id, permit, origin);
  return buffer(await file.open(range));
}

const auditOf = (task: ExportTask) =>
  deps.db
    .select({ actor: audit.actor, action: audit.action, brand: audit.brand, details: audit.details })
    .from(audit)
    .where(eq(audit.exportId, task.id))
    .orderBy(asc(audit.id));

describe('a finished file', () => {
  test('opens for its owner, for an administrator of its brand, and for whoever holds a signed link', async () => {
    const task = await addFinishedTask(deps, bytes);
    const admin = { viewer: viewerOf('eve', { scopes: ['exports:admin'] }) };
    expect(await read(task, ann)).toEqual(bytes);
    expect(await read(task, admin)).toEqual(bytes);
    expect(await read(task, linkTo(task))).toEqual(bytes);
  });

  test('opens by either form of its id', async () => {
    const task = await addFinishedTask(deps, bytes);
    for (const id of [task.id.replaceAll('-', ''), task.id.toUpperCase()]) {
      const file = await openDownload(deps, id, linkTo(task), origin);
      expect(file).toMatchObject({ size: bytes.length, sha256: task.fileSha256 });
    }
  });

  test('is handed out in parts', async () => {
    const task = await addFinishedTask(deps, bytes);
    expect(`${await read(task, ann, { start: 2, end: 6 })}`).toBe('email');
  });

  test('leaves a line in the audit trail each time that its bytes are opened, and none when it is only looked up', async () => {
    const task = await addFinishedTask(deps, bytes);
    await openDownload(deps, task.id, ann, origin);
    expect(await auditOf(task)).toEqual([]);
    await read(task, ann);
    await read(task, linkTo(task), { start: 0, end: 1 });
    expect(await auditOf(task)).toEqual([
      { actor: 'ann', action: 'download', brand: 'cartier', details: { ...origin, bytes: 'all' } },
      { actor: 'signed link', action: 'download', brand: 'cartier', details: { ...origin, bytes: '0-1' } },
    ]);
  });

  test('is not opened when the audit trail cannot be written', async () => {
    const task = await addFinishedTask(deps, bytes);
    await deps.db.execute(sql`alter table audit add constraint full_up check (actor <> 'mallory')`);
    const opened: Readable[] = [];
    const storage = {
      ...deps.storage,
      open: async (key: string) => {
        const object = await deps.storage.open(key);
        if (object) opened.push(object.stream);
        return object;
      },
    };
    const viewer = viewerOf('mallory', { scopes: ['exports:admin'] });
    const file = await openDownload({ ...deps, storage }, task.id, { viewer }, origin);
    await expect(file.open(null)).rejects.toThrow();
    expect(opened.map((stream) => stream.destroyed)).toEqual([true]);
  });

  test('is not there for another caller, or for a caller of another brand', async () => {
    const task = await addFinishedTask(deps, bytes);
    const others = [viewerOf('bob'), viewerOf('ann', { brands: ['piaget'] })];
    for (const viewer of others) {
      await expect(read(task, { viewer })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });
});

describe('a link', () => {
  test('that is not ours is refused in the same words whether or not there is such an export', async () => {
    const task = await addFinishedTask(deps, bytes);
    const link = linkTo(task);
    const forged = { ...link, signature: 'A'.repeat(43) };
    const attempts = [
      openDownload(deps, task.id, forged, origin),
      openDownload(deps, '00000000-0000-4000-8000-000000000000', link, origin),
      openDownload(deps, 'no id at all', link, origin),
    ];
    const refusals = await Promise.allSettled(attempts);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        reason: { code: 'LINK_INVALID', message: 'This link is not one of ours, or not whole.' },
      });
    }
  });

  test('expires', async () => {
    const task = await addFinishedTask(deps, bytes);
    const link = linkTo(task, Math.floor(Date.now() / 1000) - 1);
    await expect(read(task, link)).rejects.toMatchObject({ code: 'LINK_EXPIRED' });
  });

  test('tells that the file is gone, once it is', async () => {
    const task = await addFinishedTask(deps, bytes);
    const links = [linkTo(task), linkTo(task, Math.floor(Date.now() / 1000) - 1)];
    await deleteCustomerExport(deps, ann.viewer, task.id, origin);
    for (const link of links) await expect(read(task, link)).rejects.toMatchObject({ code: 'FILE_EXPIRED' });
  });
});

describe('an export without a file', () => {
  test('says so while it waits and after it failed', async () => {
    const task = await addTask(deps);
    await expect(read(task, ann)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const running = await claimTask(deps.db, task);
    await failTask(deps.db, running ?? task, { code: 'STORAGE_FULL', message: '', retryable: true });
    expect((await requireTaskOf(deps, task.id)).status).toBe('FAILED');
    await expect(read(task, ann)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('says that it is gone from the instant that it expires, though nobody has removed it yet', async () => {
    const task = await addFinishedTask(deps, bytes);
    await deps.db
      .update(exports)
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where(eq(exports.id, task.id));
    expect((await requireTaskOf(deps, task.id)).status).toBe('COMPLETED');
    await expect(read(task, ann)).rejects.toMatchObject({ code: 'FILE_EXPIRED' });
  });
});

describe('a storage that has lost its way', () => {
  test('a file removed between the look and the opening is gone', async () => {
    const task = await addFinishedTask(deps, bytes);
    const file = await openDownload(deps, task.id, ann, origin);
    await deleteCustomerExport(deps, ann.viewer, task.id, origin);
    await expect(file.open(null)).rejects.toMatchObject({ code: 'FILE_EXPIRED' });
    expect((await auditOf(task)).map(({ action }) => action)).toEqual(['delete']);
  });

  test('an object that is missing or of another size is a fault, and nothing of it is sent', async () => {
    for (const spoil of [rm, (path: string) => truncate(path, 3)]) {
      const task = await addFinishedTask(deps, bytes);
      await spoil(join(folder(), task.fileKey ?? ''));
      await expect(read(task, ann)).rejects.toThrow(/is not the file that was published/);
      expect(await auditOf(task)).toEqual([]);
    }
  });

  test('a storage that does not answer is told apart from a fault, and logged with the task', async () => {
    const task = await addFinishedTask(deps, bytes);
    const failing = {
      ...deps,
      storage: {
        ...deps.storage,
        open: async () => {
          throw new StorageError('STORAGE_UNAVAILABLE', 'away', { cause: null, retryable: true });
        },
      },
    };
    const file = await openDownload(failing, task.id, ann, origin);
    await expect(file.open(null)).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
    expect(logged.at(-1)).toMatchObject({ taskId: task.id, msg: 'file could not be opened' });
  });
});
