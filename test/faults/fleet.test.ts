import { describe, expect, test, vi } from 'vitest';
import { useDatabase } from '../support/postgres.ts';
import { runFleet } from './fleet/run.ts';
import { kill, restart } from './fleet/trouble.ts';

// Processes start and end here; a busy machine takes its time. `npm run test:fleet` runs for longer.
vi.setConfig({ testTimeout: 120_000 });

const say = () => {};

describe('two gateways and two workers on one database and one bucket', () => {
  const killed = useDatabase();
  test('do every export once, and tell its subscriber, while workers and a gateway are killed', async () => {
    const verdict = await runFleet(killed, { exports: 24, workers: 2, trouble: kill(2_000, 2), say });
    expect(verdict).toMatchObject({ completed: 24, failed: 0, wrong: [] });
  });

  const restarted = useDatabase();
  test('lose no attempt and no subscriber when each is told to stop and replaced in turn', async () => {
    const verdict = await runFleet(restarted, { exports: 24, workers: 2, trouble: restart(), say });
    expect(verdict).toMatchObject({ completed: 24, failed: 0, burnt: 0, wrong: [] });
  });
});
