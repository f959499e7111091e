import type { Connection } from '../../../src/db/client.ts';
import { writeLedger } from '../rounds/ledger.ts';
import { openWorld } from '../world.ts';
import { startFleet } from './crew.ts';
import { placeOrders } from './load.ts';
import { addMaisons } from './maisons.ts';
import { openS3Store } from './store.ts';
import type { Trouble } from './trouble.ts';
import { judge, type Verdict } from './verdict.ts';

/** Waiting and running at a time. */
const AT_A_TIME = 40;

export type FleetRun = {
  readonly exports: number;
  readonly workers: number;
  readonly trouble: Trouble;
  readonly say: (line: string) => void;
};

/**
 * Two gateways and some workers, one database and one bucket: exports of six brands are started through both gateways
 * while customers are written and `trouble` happens.
 */
export async function runFleet(
  database: Pick<Connection, 'db'> & { readonly url: string },
  { exports, workers, trouble, say }: FleetRun,
): Promise<Verdict> {
  await using cleanup = new AsyncDisposableStack();
  const store = await openS3Store();
  cleanup.defer(store.close);
  const world = await openWorld({ ...database, store });
  cleanup.defer(world.close);
  await addMaisons(world.db);
  const fleet = await startFleet(world, { gateways: 2, workers });
  const writing = writeLedger(world.url);
  cleanup.defer(writing.stop);

  const over = new AbortController();
  const troubled = trouble(fleet, over.signal, say);
  try {
    const orders = await placeOrders(fleet, exports, AT_A_TIME);
    await Promise.all(orders.map(({ seen }) => seen));
    over.abort();
    await troubled;
    await writing.stop();
    return await judge(world, fleet, orders);
  } finally {
    over.abort();
    await troubled.catch(() => {}); // it may be what ended the run
  }
}
