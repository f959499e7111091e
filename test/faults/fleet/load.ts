import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { startExport } from '../world.ts';
import type { Fleet } from './crew.ts';
import { brands } from './maisons.ts';
import { type Seen, subscribe } from './subscribe.ts';

export type Order = {
  readonly id: string;
  readonly brand: string;
  /** Resolves when its subscriber's stream has completed; or with why it did not. */
  readonly seen: Promise<Seen | Error>;
};

const compressions = ['NONE', 'GZIP', 'ZSTD'];
/** Those whose lines are stored, and those whose lines are built. */
const selections = [null, '{ boosterCustomerId lastName firstName }'];

/**
 * Starts exports one after the other, of each brand in turn, by each gateway in turn; each has a subscriber at the next
 * gateway, and a new one is started when fewer than `atATime` are unfinished.
 */
export async function placeOrders(fleet: Fleet, count: number, atATime: number): Promise<Order[]> {
  const gateway = (at: number) => fleet.gateways[at % fleet.gateways.length]?.url ?? '';
  const unfinished = new Set<Promise<unknown>>();
  const orders: Order[] = [];
  for (let at = 0; at < count; at++) {
    while (unfinished.size >= atATime) await Promise.race(unfinished);
    const brand = brands[at % brands.length] ?? '';
    const id = await insist(() =>
      startExport(gateway(at), {
        downloadRequestId: `order ${at}`,
        filter: { brand, posCodes: ['P1', 'P2'] },
        selection: selections[at % 2],
        compression: compressions[at % 3],
      }),
    );
    const seen = subscribe(gateway(at + 1), id, at % 3 === 0 ? 'sse' : 'websocket').catch(toError);
    unfinished.add(seen);
    void seen.then(() => unfinished.delete(seen));
    orders.push({ id, brand, seen });
  }
  return orders;
}

/** Asks again, for the same export, while the gateway is away or refuses. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(250);
    }
  }
}

/** Clients reject with events and lists of errors as well. */
function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(inspect(thrown));
}
