import { expect, test } from 'vitest';
import type { ExportTask } from '../../src/exports/task.ts';
import { keepVigil } from '../../src/worker/vigil.ts';

let time = 0;
const leftAlone = keepVigil(() => time);
// The vigil looks at nothing else.
const task = (id: string, attempt = 1) => ({ id, attempt }) as ExportTask;

test('a task is left alone when it is seen so for a while', () => {
  expect(leftAlone([task('a')])).toEqual([]);
  time += 500;
  expect(leftAlone([task('a'), task('b')])).toEqual([]);
  time += 500;
  expect(leftAlone([task('a'), task('b')])).toEqual([task('a')]);
  time += 500;
  expect(leftAlone([task('a'), task('b')])).toEqual([task('a'), task('b')]);
});

test('a task that was seen in good hands in between, or in another attempt, begins anew', () => {
  leftAlone([task('c'), task('d')]);
  time += 500;
  leftAlone([task('d')]);
  time += 500;
  expect(leftAlone([task('c'), task('d', 2)])).toEqual([]);
});
