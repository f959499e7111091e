import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet, Place } from './crew.ts';

/** What happens to a fleet until it is told that the load is over. */
export type Trouble = (fleet: Fleet, over: AbortSignal, say: (line: string) => void) => Promise<void>;

/**
 * Kills a worker every `everyMs`, each in turn, `most` of them in all, and replaces it; and once, with the second, a
 * gateway. Those that are being replaced have their turn later, and the last worker that is up is spared. An export
 * may meet three of the kills, and is to blame for them then: only fewer leave none FAILED for certain.
 */
export function kill(everyMs: number, most = Number.POSITIVE_INFINITY): Trouble {
  return async ({ gateways, workers }, over, say) => {
    const down = new Map<Place, Promise<void>>();
    const strike = (place: Place) => {
      const replaced = endAndReplace(place, 'SIGKILL', say);
      down.set(place, replaced);
      replaced.then(() => down.delete(place)).catch(() => {}); // told at the end
    };
    const inTurn = [...workers];
    for (let kills = 0; kills < most && !over.aborted; ) {
      await pause(everyMs, over);
      const up = inTurn.filter((place) => !down.has(place));
      const [next] = up;
      if (over.aborted || !next || up.length === 1) continue;
      inTurn.push(...inTurn.splice(inTurn.indexOf(next), 1));
      strike(next);
      if (++kills === 2 && gateways[0]) strike(gateways[0]);
    }
    await Promise.all(down.values());
  };
}

/** Stops each process in turn and starts the next one in its place, round after round, one round at least. */
export function restart(): Trouble {
  return async ({ gateways, workers }, over, say) => {
    do {
      for (const place of [...gateways, ...workers]) await endAndReplace(place, 'SIGTERM', say);
    } while (!over.aborted);
  };
}

async function endAndReplace(
  place: Place,
  signal: 'SIGTERM' | 'SIGKILL',
  say: (line: string) => void,
): Promise<void> {
  const { pid } = place.server();
  const began = performance.now();
  const end = await place.replace(signal);
  say(`${place.role} ${pid}: ${signal}, ended with ${end}, replaced after ${seconds(began)}`);
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** Waits; less when it is over. */
async function pause(ms: number, over: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: over }).catch(() => {});
}
