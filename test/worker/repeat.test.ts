import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { type Repeating, startRepeating } from '../../src/worker/repeat.ts';
import { eventually } from '../support/eventually.ts';

const logged: { readonly msg: string }[] = [];
const log = pino({ level: 'info' }, { write: (line) => logged.push(JSON.parse(line)) });
let repeating: Repeating | undefined;
afterEach(async () => {
  await repeating?.stop();
  logged.length = 0;
});

test('it is done at once, then again and again, and not after the end', async () => {
  const act = vi.fn(async () => {});
  repeating = startRepeating(5, log, act);
  await eventually(() => expect(act.mock.calls.length).toBeGreaterThan(3));
  await repeating.stop();
  const done = act.mock.calls.length;
  repeating.wake();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(act).toHaveBeenCalledTimes(done);
});

test('a call while it is being done has it done once more, and never twice at a time', async () => {
  let doing = 0;
  let most = 0;
  const gates: (() => void)[] = [];
  const act = vi.fn(async () => {
    most = Math.max(most, ++doing);
    await new Promise<void>((resolve) => gates.push(resolve));
    doing -= 1;
  });
  repeating = startRepeating(60_000, log, act);
  for (let i = 0; i < 5; i++) repeating.wake();
  expect(act).toHaveBeenCalledTimes(1);
  gates.shift()?.();
  await eventually(() => expect(act).toHaveBeenCalledTimes(2));
  gates.shift()?.();
  await eventually(() => expect(doing).toBe(0));
  expect(act).toHaveBeenCalledTimes(2);
  expect(most).toBe(1);
});

test('the end waits for what is being done', async () => {
  let done = false;
  repeating = startRepeating(60_000, log, async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    done = true;
  });
  await repeating.stop();
  expect(done).toBe(true);
});

test('a series of faults is one line of the log, and so is its end', async () => {
  let calls = 0;
  repeating = startRepeating(2, log, async () => {
    calls += 1;
    if (calls <= 5) throw new Error('away');
  });
  await eventually(() => expect(calls).toBeGreaterThan(7));
  expect(logged.map(({ msg }) => msg)).toEqual(['the worker cannot look for work', 'the worker goes on']);
});
