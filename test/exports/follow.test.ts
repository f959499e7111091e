import { describe, expect, test } from 'vitest';
import { followTask, followTasks } from '../../src/exports/follow.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import type { TaskWatch } from '../../src/exports/watch.ts';

/** A watch whose changes the test makes. */
function makeWatch() {
  const tells = new Set<(task: ExportTask) => void>();
  const add = (tell: (task: ExportTask) => void) => {
    tells.add(tell);
    return () => tells.delete(tell);
  };
  const watch: TaskWatch = { watchTask: (_, tell) => add(tell), watchAll: add, close: async () => {} };
  return {
    watch,
    watchers: () => tells.size,
    change: (task: ExportTask) => {
      for (const tell of tells) tell(task);
    },
  };
}

function taskOf(version: number, values: Partial<ExportTask> = {}): ExportTask {
  return {
    id: 'one',
    brand: 'cartier',
    requestedBy: 'ann',
    downloadRequestId: 'r',
    fingerprint: '',
    filter: {},
    readScope: {},
    traceparent: null,
    selection: '',
    compression: 'NONE',
    status: 'RUNNING',
    attempt: 1,
    returns: 0,
    version,
    objectCount: version,
    totalObjectCount: null,
    progress: 0,
    objectsPerSecond: null,
    estimatedCompletionAt: null,
    createdAt: new Date(),
    startedAt: null,
    completedAt: null,
    expiresAt: null,
    transactionTime: null,
    fileKey: null,
    fileSize: null,
    uncompressedSize: null,
    fileSha256: null,
    failure: null,
    ...values,
  };
}

const ended = { done: true, value: undefined };
const everything = () => true;

describe('one task', () => {
  test('its current state comes first, then each newer one, then the end', async () => {
    const { watch, change, watchers } = makeWatch();
    const states = followTask(watch, taskOf(3), everything);
    expect((await states.next()).value?.version).toBe(3);
    change(taskOf(4));
    expect((await states.next()).value?.version).toBe(4);
    change(taskOf(5, { status: 'COMPLETED' }));
    expect(watchers()).toBe(0);
    expect((await states.next()).value?.status).toBe('COMPLETED');
    expect(await states.next()).toEqual(ended);
  });

  test('older and equal states are left out', async () => {
    const { watch, change } = makeWatch();
    const states = followTask(watch, taskOf(3), everything);
    await states.next();
    for (const version of [3, 2, 1]) change(taskOf(version));
    change(taskOf(4));
    change(taskOf(3));
    expect((await states.next()).value?.version).toBe(4);
  });

  test('a slow reader finds the newest state alone', async () => {
    const { watch, change } = makeWatch();
    const states = followTask(watch, taskOf(1), everything);
    for (let version = 2; version <= 100; version++) change(taskOf(version));
    change(taskOf(101, { status: 'FAILED' }));
    expect((await states.next()).value).toMatchObject({ version: 101, status: 'FAILED' });
    expect(await states.next()).toEqual(ended);
  });

  test.each(['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'] as const)(
    'one that is %s is told once, and nobody watches it',
    async (status) => {
      const { watch, watchers } = makeWatch();
      const states = followTask(watch, taskOf(9, { status }), everything);
      expect(watchers()).toBe(0);
      expect((await states.next()).value?.status).toBe(status);
      expect(await states.next()).toEqual(ended);
    },
  );

  test('a reader who may not see it any more is told that it does not exist', async () => {
    const { watch, change, watchers } = makeWatch();
    const states = followTask(watch, taskOf(1), ({ brand }) => brand === 'cartier');
    await states.next();
    change(taskOf(2, { brand: 'piaget' }));
    await expect(states.next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await states.next()).toEqual(ended);
    expect(watchers()).toBe(0);
  });

  test('a reader who leaves is not told any more', async () => {
    const { watch, watchers } = makeWatch();
    const states = followTask(watch, taskOf(1), everything);
    await states.return?.();
    expect(watchers()).toBe(0);
  });
});

describe('many tasks', () => {
  test('what runs now comes first, then changes of any, also of what starts later', async () => {
    const { watch, change } = makeWatch();
    const current = [taskOf(1, { id: 'one' }), taskOf(5, { id: 'two' })];
    const states = followTasks(watch, everything, async () => current);
    expect((await states.next()).value?.id).toBe('one');
    expect((await states.next()).value?.id).toBe('two');
    change(taskOf(0, { id: 'three', status: 'CREATED' }));
    expect((await states.next()).value).toMatchObject({ id: 'three', status: 'CREATED' });
    change(taskOf(6, { id: 'two', status: 'COMPLETED' }));
    expect((await states.next()).value).toMatchObject({ id: 'two', status: 'COMPLETED' });
  });

  test('a current state that was read before a change and comes after it does not go back', async () => {
    const { watch, change } = makeWatch();
    const reading = Promise.withResolvers<ExportTask[]>();
    const states = followTasks(watch, everything, () => reading.promise);
    change(taskOf(8, { status: 'FAILED' }));
    reading.resolve([taskOf(7)]);
    expect((await states.next()).value).toMatchObject({ version: 8, status: 'FAILED' });
    change(taskOf(1, { id: 'two' }));
    expect((await states.next()).value?.id).toBe('two');
  });

  test('those that do not match are left out', async () => {
    const { watch, change } = makeWatch();
    const states = followTasks(
      watch,
      ({ brand }) => brand === 'piaget',
      async () => [taskOf(1)],
    );
    change(taskOf(2));
    change(taskOf(3, { id: 'other', brand: 'piaget' }));
    expect((await states.next()).value?.id).toBe('other');
  });

  test('an export that ended before it was watched is not told of, whatever becomes of its file', async () => {
    const { watch, change } = makeWatch();
    const states = followTasks(watch, everything, async () => []);
    const before = new Date(Date.now() - 60_000);
    change(taskOf(5, { id: 'old', status: 'EXPIRED', completedAt: before }));
    change(taskOf(5, { id: 'older', status: 'FAILED', completedAt: before }));
    change(taskOf(5, { id: 'new', status: 'EXPIRED', completedAt: new Date(Date.now() + 60_000) }));
    expect((await states.next()).value?.id).toBe('new');
  });

  test('when the current ones cannot be read, the stream fails', async () => {
    const { watch, watchers } = makeWatch();
    const states = followTasks(watch, everything, () => Promise.reject(new Error('database away')));
    await expect(states.next()).rejects.toThrow('database away');
    expect(watchers()).toBe(0);
  });
});
