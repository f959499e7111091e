import { expect, test } from 'vitest';
import { useDatabase } from '../support/postgres.ts';
import { weigh } from './heavy.ts';
import { worstRequests } from './heavy-requests.ts';

const { url } = useDatabase();

test('no request, however large or awkward, holds up the others for 50 ms', {
  timeout: 120_000,
}, async () => {
  const weights = await weigh(url, worstRequests);
  expect(weights.filter(({ status }) => status === 'timeout' || /^(5|1006|4500)/.test(status))).toEqual([]);
  // The server's own work, so that it holds whatever else the machine does; `npm run test:fuzz -- --heavy` tells all.
  expect(weights.filter(({ worked }) => worked > 50)).toEqual([]);
});
