import { expect, test } from 'vitest';
import { fc } from '../support/fast-check.ts';
import { useDatabase } from '../support/postgres.ts';
import { besiege } from './siege.ts';

const { url } = useDatabase();

test('a thousand generated requests find no fault, no leak and no stall', { timeout: 60_000 }, async () => {
  const { runs, answers, failures, errors, stalls } = await besiege(url, {
    runs: 1_000,
    seed: fc.readConfigureGlobal().seed ?? 0,
  });
  expect(failures).toEqual([]);
  expect(errors).toEqual([]);
  expect(runs).toBeGreaterThanOrEqual(1_000);
  // Some get through: what is refused at the door says nothing of the rooms behind it.
  expect(answers['POST']?.['200']).toBeGreaterThan(100);
  expect(answers['WebSocket']?.['open']).toBeGreaterThan(20);
  expect(answers['download']?.['200']).toBeGreaterThan(0);
  // The server's own work, whatever else the machine does; `npm run test:fuzz` prints the figures.
  expect(stalls.worked.p999).toBeLessThan(100);
});
