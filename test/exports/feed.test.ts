import { expect, test, vi } from 'vitest';
import { openFeed } from '../../src/exports/feed.ts';

const ended = { done: true, value: undefined };

test('values are handed over in order while the reader keeps up', async () => {
  const feed = openFeed<number>(() => {});
  for (const n of [1, 2, 3]) {
    const next = feed.stream.next();
    feed.put('key', n);
    expect(await next).toEqual({ done: false, value: n });
  }
});

test('a busy reader finds only the newest value of each key, in the order of the keys', async () => {
  const feed = openFeed<string>(() => {});
  for (const n of [1, 2, 3]) for (const key of ['a', 'b']) feed.put(key, `${key}${n}`);
  expect((await feed.stream.next()).value).toBe('a3');
  expect((await feed.stream.next()).value).toBe('b3');
  let more = false;
  void feed.stream.next().then(() => {
    more = true;
  });
  await new Promise(setImmediate);
  expect(more).toBe(false);
});

test('the end comes after what was put before it, and nothing after it', async () => {
  const feed = openFeed<number>(() => {});
  feed.put('key', 1);
  feed.end();
  feed.put('key', 2);
  expect(await feed.stream.next()).toEqual({ done: false, value: 1 });
  expect(await feed.stream.next()).toEqual(ended);
  expect(await feed.stream.next()).toEqual(ended);
});

test('the end reaches a reader who waits', async () => {
  const feed = openFeed<number>(() => {});
  const next = feed.stream.next();
  feed.end();
  expect(await next).toEqual(ended);
});

test.each(['before the reader asks', 'while the reader waits'])(
  'a failure %s is told once, instead of what is untaken; then the stream has ended',
  async (when) => {
    const feed = openFeed<number>(() => {});
    const waiting = when === 'while the reader waits' ? feed.stream.next() : null;
    if (!waiting) feed.put('key', 1);
    feed.fail(new Error('gone'));
    await expect(waiting ?? feed.stream.next()).rejects.toThrow('gone');
    expect(await feed.stream.next()).toEqual(ended);
  },
);

test('a reader who leaves while waiting is let go', async () => {
  const feed = openFeed<number>(() => {});
  const next = feed.stream.next();
  expect(await feed.stream.return?.()).toEqual(ended);
  expect(await next).toEqual(ended);
});

test('a reader who leaves gets nothing more', async () => {
  const feed = openFeed<number>(() => {});
  feed.put('key', 1);
  await feed.stream.return?.();
  feed.put('key', 2);
  feed.fail(new Error('too late'));
  expect(await feed.stream.next()).toEqual(ended);
});

test('onClose is called once, whatever ends the feed', async () => {
  for (const ends of ['end', 'fail', 'return'] as const) {
    const onClose = vi.fn();
    const feed = openFeed<number>(onClose);
    feed.put('key', 1);
    expect(onClose).not.toHaveBeenCalled();
    if (ends === 'end') feed.end();
    if (ends === 'fail') feed.fail(new Error('gone'));
    await feed.stream.return?.();
    await feed.stream.return?.();
    feed.end();
    expect(onClose).toHaveBeenCalledTimes(1);
  }
});

test('a reader who finds nothing is called once when there is something, and takes it', () => {
  const feed = openFeed<number>(() => {});
  const wake = vi.fn();
  expect(feed.stream.take(wake)).toBeNull();
  feed.put('a', 1);
  feed.put('b', 2);
  feed.put('a', 3);
  expect(wake).toHaveBeenCalledTimes(1);
  expect(feed.stream.take(wake)).toEqual({ done: false, value: 3 });
  expect(feed.stream.take(wake)).toEqual({ done: false, value: 2 });
  expect(feed.stream.take(wake)).toBeNull();
  feed.end();
  expect(wake).toHaveBeenCalledTimes(2);
  expect(feed.stream.take(wake)).toEqual(ended);
});
