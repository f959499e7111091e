import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OpenObject, Storage } from '../../src/storage/storage.ts';
import { eventually } from '../support/eventually.ts';
import { fleeting } from '../support/fleeting.ts';
import { inChunks, leftovers, newKey, noSignal, put, read, someBytes } from './objects.ts';

const nothing = { keys: [], unfinished: 0 };

/** A source that hands out `bytes` and then waits; tells when it was closed. */
function stalling(bytes: Uint8Array) {
  const source = { waiting: false, closed: false, chunks: wait() };
  async function* wait() {
    try {
      yield bytes;
      source.waiting = true;
      await new Promise(() => {});
    } finally {
      source.closed = true;
    }
  }
  return source;
}

/**
 * What every adapter promises. `open` opens the one under test, empty; `large` is a size that it does not handle in one piece.
 */
export function describeStorage(name: string, open: () => Promise<Storage>, large: number): void {
  describe(`a storage in ${name}`, () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = await open();
    });
    afterEach(() => storage.close());

    test.each([
      ['an empty object', 0, 1024],
      ['one byte', 1, 1024],
      ['many small chunks', 300_000, 777],
      ['a large object', large, 1_000_003],
      ['one chunk that is a large object', large, large],
    ])('gives back %s as it was written', async (_what, size, chunkBytes) => {
      const [key, bytes] = [newKey(), someBytes(size)];
      expect(await storage.write(key, inChunks(bytes, chunkBytes), noSignal())).toEqual({ size });
      const opened = await storage.open(key);
      expect([opened?.size, opened?.length]).toEqual([size, size]);
      expect((await read(opened)).equals(bytes)).toBe(true);
    });

    test('takes each chunk before it asks for the next, whose memory may be the same', async () => {
      const [key, bytes] = [newKey(), someBytes(large)];
      await storage.write(key, fleeting(inChunks(bytes, 60_001)), noSignal());
      expect((await read(await storage.open(key))).equals(bytes)).toBe(true);
    });

    test('shows an object only when all of it is there', async () => {
      const key = newKey();
      const seen: unknown[] = [];
      async function* watched() {
        for (let part = 0; part < 4; part++) {
          yield someBytes(large / 4);
          seen.push(await storage.head(key), await storage.open(key), await Array.fromAsync(storage.list()));
        }
      }
      await storage.write(key, watched(), noSignal());
      expect(seen).toEqual(Array.from({ length: 4 }, () => [null, null, []]).flat());
      expect(await storage.head(key)).toMatchObject({ key, size: large });
    });

    test('puts a new object in the place of an old one', async () => {
      const key = await put(storage, someBytes(5000));
      const bytes = someBytes(700);
      await put(storage, bytes, key);
      expect((await read(await storage.open(key))).equals(bytes)).toBe(true);
      expect(await leftovers(storage)).toEqual({ keys: [key], unfinished: 0 });
    });

    test.each([
      ['at once', 0],
      ['early', 10_000],
      ['late', large],
    ])('leaves nothing when the source fails %s, and passes its error on', async (_when, size) => {
      const error = new Error('the source broke');
      const writing = storage.write(newKey(), inChunks(someBytes(size), 100_000, error), noSignal());
      await expect(writing).rejects.toBe(error);
      expect(await leftovers(storage)).toEqual(nothing);
    });

    test.each([
      ['few', 10_000],
      ['many', large],
    ])('ends at once when aborted after %s bytes, though the source never answers', async (_how, size) => {
      const abort = new AbortController();
      const source = stalling(someBytes(size));
      const writing = storage.write(newKey(), source.chunks, abort.signal);
      await eventually(() => expect(source.waiting).toBe(true));
      const reason = new Error('no longer wanted');
      abort.abort(reason);
      await expect(writing).rejects.toBe(reason);
      expect(await leftovers(storage)).toEqual(nothing);
    });

    test('closes the source when aborted between two chunks, and asks for no more', async () => {
      const abort = new AbortController();
      let closed = false;
      let chunks = 0;
      async function* source() {
        try {
          for (;;) {
            yield someBytes(100_000);
            if (++chunks === 3) abort.abort(new Error('no longer wanted'));
          }
        } finally {
          closed = true;
        }
      }
      await expect(storage.write(newKey(), source(), abort.signal)).rejects.toThrow('no longer wanted');
      await eventually(() => expect(closed).toBe(true));
      expect(chunks).toBeLessThanOrEqual(4);
      expect(await leftovers(storage)).toEqual(nothing);
    });

    test('does not begin with a signal that is aborted already', async () => {
      const reason = new Error('too late');
      const writing = storage.write(newKey(), inChunks(someBytes(100)), AbortSignal.abort(reason));
      await expect(writing).rejects.toBe(reason);
      expect(await leftovers(storage)).toEqual(nothing);
    });

    test('writes several objects at a time, and none into another', async () => {
      const objects = Array.from({ length: 4 }, () => ({ key: newKey(), bytes: someBytes(large / 4) }));
      await Promise.all(objects.map(({ key, bytes }) => put(storage, bytes, key)));
      for (const { key, bytes } of objects) {
        expect((await read(await storage.open(key))).equals(bytes)).toBe(true);
      }
    });

    test.each([
      ['the first byte', 0, 0],
      ['bytes in the middle', 1234, 777_777],
      ['the last byte', 999_999, 999_999],
      ['all bytes', 0, 999_999],
    ])('gives %s when asked for them', async (_what, start, end) => {
      const bytes = someBytes(1_000_000);
      const opened = await storage.open(await put(storage, bytes), { start, end });
      expect([opened?.size, opened?.length]).toEqual([1_000_000, end - start + 1]);
      expect((await read(opened)).equals(bytes.subarray(start, end + 1))).toBe(true);
    });

    test.each([
      ['ends after the object', 0, 1000],
      ['begins after the object', 1000, 1000],
      ['ends before it begins', 5, 4],
      ['begins before the object', -1, 4],
      ['is no range', Number.NaN, 4],
    ])('refuses a range that %s', async (_what, start, end) => {
      const key = await put(storage, someBytes(1000));
      await expect(storage.open(key, { start, end })).rejects.toThrow(RangeError);
    });

    test('reads an object no faster than it is asked to', async () => {
      const opened = await storage.open(await put(storage, someBytes(large)));
      if (!opened) throw new Error('There is no such object.');
      await new Promise((resolve) => opened.stream.once('readable', resolve));
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      expect(opened.stream.readableLength).toBeLessThan(1024 * 1024);
      expect(opened.stream.readableEnded).toBe(false);
      opened.stream.destroy();
    });

    test('lets go of an object whose reader leaves, before the first byte or later', async () => {
      const key = await put(storage, someBytes(large));
      const closed = (opened: OpenObject | null) =>
        new Promise((resolve) => opened?.stream.once('close', resolve).destroy());
      await closed(await storage.open(key));
      const opened = await storage.open(key);
      await new Promise((resolve) => opened?.stream.once('data', resolve));
      await closed(opened);
    });

    test('tells an object’s size and age', async () => {
      const before = Date.now() - 2_000;
      const key = await put(storage, someBytes(4321));
      const object = await storage.head(key);
      expect(object).toMatchObject({ key, size: 4321 });
      expect(object?.modifiedAt.getTime()).toBeGreaterThan(before);
      expect(object?.modifiedAt.getTime()).toBeLessThan(Date.now() + 2_000);
      const [listed] = await Array.fromAsync(storage.list());
      expect(listed).toMatchObject({ key, size: 4321 });
      expect(Math.abs(Number(listed?.modifiedAt) - Number(object?.modifiedAt))).toBeLessThan(1_000);
    });

    test('lists every object, of any task, attempt and kind', async () => {
      const task = newKey();
      const keys = [task, task.replace('1.jsonl', '12.jsonl'), newKey('2.jsonl.gz'), newKey('3.jsonl.zst')];
      for (const key of keys) await put(storage, someBytes(10), key);
      expect((await leftovers(storage)).keys.toSorted()).toEqual(keys.toSorted());
    });

    test('has nothing when nothing was written', async () => {
      expect(await storage.open(newKey())).toBeNull();
      expect(await storage.open(newKey(), { start: 0, end: 0 })).toBeNull();
      expect(await storage.head(newKey())).toBeNull();
      expect(await leftovers(storage)).toEqual(nothing);
    });

    test('removes an object for good, and one that is not there without complaint', async () => {
      const [key, other] = [await put(storage, someBytes(10)), await put(storage, someBytes(10))];
      await storage.remove(key);
      await storage.remove(key);
      await storage.remove(newKey());
      expect([await storage.head(key), await storage.open(key)]).toEqual([null, null]);
      expect(await leftovers(storage)).toEqual({ keys: [other], unfinished: 0 });
    });

    test('spares unfinished writes that are younger than asked for, and they come to their end', async () => {
      const [key, bytes] = [newKey(), someBytes(large)];
      const longAgo = new Date(Date.now() - 60_000);
      const removed: number[] = [];
      async function* swept() {
        for await (const chunk of inChunks(bytes, large / 4)) {
          removed.push(await storage.removeUnfinished(longAgo));
          yield chunk;
        }
      }
      await storage.write(key, swept(), noSignal());
      expect(removed).toEqual([0, 0, 0, 0]);
      expect((await read(await storage.open(key))).equals(bytes)).toBe(true);
    });

    test('sweeps what one key left unfinished, and nothing of another', async () => {
      const key = newKey('1.jsonl');
      const soon = new Date(Date.now() + 60_000);
      const removed: number[] = [];
      async function* swept(keys: readonly string[]) {
        yield* inChunks(someBytes(large));
        for (const other of keys) removed.push(await storage.removeUnfinished(soon, other));
        yield someBytes(10);
      }
      await storage.write(
        key,
        swept([key.replace('1.jsonl', '10.jsonl'), `${key}.gz`, newKey()]),
        noSignal(),
      );
      expect(removed).toEqual([0, 0, 0]);
      await expect(storage.write(key, swept([key]), noSignal())).rejects.toThrow();
      expect(removed).toEqual([0, 0, 0, 1]);
    });

    test('shows nothing of a write whose unfinished bytes were swept away', async () => {
      const key = newKey();
      let removed = 0;
      async function* swept() {
        yield* inChunks(someBytes(large));
        removed = await storage.removeUnfinished(new Date(Date.now() + 60_000));
        yield someBytes(10);
      }
      const fault = { name: 'StorageError', code: 'STORAGE_UNAVAILABLE', retryable: true };
      await expect(storage.write(key, swept(), noSignal())).rejects.toMatchObject(fault);
      expect(removed).toBe(1);
      expect(await leftovers(storage)).toEqual(nothing);
    });

    test.each([
      '',
      '/',
      '..',
      'exports/../../etc/passwd',
      '../exports/0a1b2c3d-0000-4000-8000-00000000abcd/1.jsonl',
      '/exports/0a1b2c3d-0000-4000-8000-00000000abcd/1.jsonl',
      'exports/0a1b2c3d-0000-4000-8000-00000000abcd/../1.jsonl',
      'exports/0a1b2c3d-0000-4000-8000-00000000abcd/1.jsonl/',
      'exports/0a1b2c3d-0000-4000-8000-00000000abcd/1.jsonl\n',
      'exports/0a1b2c3d-0000-4000-8000-00000000abcd/1.jsonl\0.gz',
      'exports/0A1B2C3D-0000-4000-8000-00000000ABCD/1.jsonl',
      'exports/0a1b2c3d-0000-4000-8000-00000000abcd/0.jsonl',
      'exports/0a1b2c3d-0000-4000-8000-00000000abcd/.1.jsonl.part',
      'exports/0a1b2c3d-0000-4000-8000-00000000abcd/1.csv',
      'exports/0a1b2c3d/1.jsonl',
      'imports/0a1b2c3d-0000-4000-8000-00000000abcd/1.jsonl',
    ])('refuses the key %j', async (key) => {
      const as = { fileName: 'a.jsonl', contentType: 'text/jsonl', expiresInSeconds: 60 };
      await expect(storage.write(key, inChunks(someBytes(1)), noSignal())).rejects.toThrow(RangeError);
      await expect(storage.open(key)).rejects.toThrow(RangeError);
      await expect(storage.head(key)).rejects.toThrow(RangeError);
      await expect(storage.remove(key)).rejects.toThrow(RangeError);
      await expect(storage.downloadUrl(key, as)).rejects.toThrow(RangeError);
    });

    test('says that it is usable', async () => {
      await storage.check();
    });
  });
}
