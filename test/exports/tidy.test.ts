import { utimes, writeFile } from 'node:fs/promises';
import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { audit, exports } from '../../src/db/tables.ts';
import { fileKey } from '../../src/exports/file.ts';
import { cancelTask, claimTask, failTask, returnTask } from '../../src/exports/task/store.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import { tidyUp } from '../../src/exports/tidy.ts';
import { addFinishedTask, addTask, requireTaskOf, useExports } from '../support/export-deps.ts';

const { deps, folder } = useExports();
const never = new AbortController().signal;
beforeEach(async () => {
  await deps.db.delete(exports);
});

async function claim(task?: ExportTask): Promise<ExportTask> {
  const claimed = await claimTask(deps.db, task ?? (await addTask(deps)));
  if (!claimed) throw new Error('The task could not be claimed.');
  return claimed;
}

async function store(task: Pick<ExportTask, 'id' | 'attempt' | 'compression'>): Promise<string> {
  const key = fileKey(task);
  await deps.storage.write(
    key,
    (async function* () {
      yield Buffer.from('{}\n');
    })(),
    never,
  );
  return key;
}

const isThere = async (key: string) => (await deps.storage.head(key)) !== null;
const aged = (path: string, ms: number) => {
  const at = new Date(Date.now() - ms);
  return utimes(path, at, at);
};

describe('an expired file', () => {
  test('is removed, and its task says so', async () => {
    const [due, kept] = [
      await addFinishedTask(deps, Buffer.from('x')),
      await addFinishedTask(deps, Buffer.from('y')),
    ];
    await deps.db.update(exports).set({ expiresAt: new Date() }).where(eq(exports.id, due.id));
    await tidyUp(deps, never);
    expect(await requireTaskOf(deps, due.id)).toMatchObject({ status: 'EXPIRED', fileKey: null });
    expect(await isThere(fileKey(due))).toBe(false);
    expect(await requireTaskOf(deps, kept.id)).toMatchObject({ status: 'COMPLETED' });
    expect(await isThere(fileKey(kept))).toBe(true);
    const rows = await deps.db.select().from(audit).where(eq(audit.exportId, due.id));
    expect(rows).toMatchObject([{ actor: 'worker', action: 'expire' }]);
  });

  test('is removed by the next tidying when this one could not', async () => {
    const task = await addFinishedTask(deps, Buffer.from('x'));
    await deps.db.update(exports).set({ expiresAt: new Date() });
    const broken = { ...deps.storage, remove: () => Promise.reject(new Error('away')) };
    await expect(tidyUp({ ...deps, storage: broken }, never)).rejects.toThrow(AggregateError);
    expect(await requireTaskOf(deps, task.id)).toMatchObject({ status: 'EXPIRED' });
    await tidyUp(deps, never);
    expect(await isThere(fileKey(task))).toBe(false);
  });
});

describe('an object', () => {
  test('of an attempt that is over is removed', async () => {
    const taken = await claim();
    const keys = [await store(taken)];
    await claim(taken);
    const returned = await claim();
    keys.push(await store(returned));
    await returnTask(deps.db, returned);
    const failed = await claim();
    keys.push(await store(failed));
    await failTask(deps.db, failed, { code: 'INTERNAL_ERROR', message: '', retryable: false });
    const canceling = await claim();
    keys.push(await store(canceling));
    await cancelTask(deps.db, canceling.id, 'ann');
    await tidyUp(deps, never);
    expect(await Promise.all(keys.map(isThere))).toEqual([false, false, false, false]);
  });

  test('that a running attempt is about to publish stays', async () => {
    const task = await claim();
    const key = await store(task);
    await tidyUp(deps, never);
    expect(await isThere(key)).toBe(true);
  });

  test('that no task knows stays for as long as another database may know it, and no longer', async () => {
    const id = '01234567-89ab-4cde-8f01-23456789abcd';
    const [recent, old] = [
      await store({ id, attempt: 1, compression: 'NONE' }),
      await store({ id, attempt: 2, compression: 'NONE' }),
    ];
    await aged(`${folder()}/${old}`, 9 * 24 * 3600 * 1000);
    await tidyUp(deps, never);
    expect([await isThere(recent), await isThere(old)]).toEqual([true, false]);
    await deps.storage.remove(recent);
  });
});

describe('an unfinished write', () => {
  const part = (task: ExportTask) => `${folder()}/exports/${task.id}/.1.jsonl.0b6f.part`;

  test('of a process that is gone is removed', async () => {
    const task = await addFinishedTask(deps, Buffer.from('x'));
    await writeFile(part(task), 'half');
    await aged(part(task), 120_000);
    expect(await deps.storage.removeUnfinished(new Date(Date.now() - 240_000))).toBe(0);
    await tidyUp(deps, never);
    expect(await deps.storage.removeUnfinished(new Date())).toBe(0);
    expect(await isThere(fileKey(task))).toBe(true);
  });

  test('stays when an export that runs may have begun it', async () => {
    const running = await claim();
    await deps.db.update(exports).set({ startedAt: sql`now() - interval '5 min'` });
    await store(running);
    await writeFile(part(running), 'half');
    await aged(part(running), 120_000);
    await tidyUp(deps, never);
    expect(await deps.storage.removeUnfinished(new Date())).toBe(1);
  });
});

test('tidying stops when it is told to', async () => {
  const task = await addFinishedTask(deps, Buffer.from('x'));
  await deps.db.update(exports).set({ expiresAt: new Date() });
  await tidyUp(deps, AbortSignal.abort());
  expect(await requireTaskOf(deps, task.id)).toMatchObject({ status: 'COMPLETED' });
});
