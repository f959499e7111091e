import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { openGateway } from './gateway.ts';
import type { Heavy } from './heavy-requests.ts';
import type { Answer } from './request.ts';
import { type Turn, watchTurns } from './turns.ts';

export type Weight = Turn & {
  readonly name: string;
  readonly door: 'HTTP' | 'WebSocket';
  readonly status: string;
  /** How long the longest turn worked when it was sent the first time, code not yet compiled. */
  readonly first: number;
};

/** What is left when the engine's own business is taken off: code that it compiles, memory that it tidies up. */
const MOST_TRIES = 4;
const LIGHT_MS = 25;

/** Sends requests one after another, and tells the longest turn that each took. */
export async function weigh(databaseUrl: string, requests: readonly Heavy[]): Promise<Weight[]> {
  await using gateway = await openGateway(databaseUrl);
  const worker = new Worker(new URL('./messenger.ts', import.meta.url), {
    workerData: { url: gateway.url, token: gateway.tokens[0] },
  });
  const send = async (letter: object): Promise<Answer> => {
    const answered = once(worker, 'message');
    worker.postMessage(letter);
    const [answer] = await answered;
    return answer;
  };
  const measure = async (letter: object) => {
    const longest = watchTurns();
    const { status } = await send(letter);
    return { status, ...longest() };
  };
  try {
    await measure({ request: requests[0]?.request });
    const weights: Weight[] = [];
    for (const { door, name, letter } of requests.flatMap(lettersOf)) {
      const first = await measure(letter);
      let best = first;
      for (let tries = 1; tries < MOST_TRIES && best.worked > LIGHT_MS; tries++) {
        const next = await measure(letter);
        if (next.worked < best.worked) best = next;
      }
      weights.push({ name, door, ...best, first: first.worked });
    }
    return weights;
  } finally {
    await worker.terminate();
  }
}

function lettersOf({ name, request, operation }: Heavy) {
  const byHttp = { name, door: 'HTTP', letter: { request } } as const;
  return operation === null
    ? [byHttp]
    : [byHttp, { name, door: 'WebSocket', letter: { operation } } as const];
}
