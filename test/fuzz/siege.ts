import { Worker } from 'node:worker_threads';
import type { Attack, Outcome } from './attack.ts';
import { type Stalls, watchEventLoop } from './event-loop.ts';
import { openGateway } from './gateway.ts';
import { canary, personal } from './values.ts';

export type Siege = Outcome & {
  /** Lines of the log at `error` or above, and those that hold what none may. */
  readonly errors: readonly string[];
  /** Of the server, without the attack. */
  readonly stalls: Stalls;
  readonly seconds: number;
};

/** Serves a gateway with customers, and lets generated requests loose on it. */
export async function besiege(
  databaseUrl: string,
  { runs, seed }: Pick<Attack, 'runs' | 'seed'>,
): Promise<Siege> {
  await using gateway = await openGateway(databaseUrl);
  const { url, tokens, signedPath, foreignId, logged } = gateway;
  const begun = performance.now();
  const stalls = watchEventLoop();
  const outcome = await runAttacker({ url, tokens, signedPath, foreignId, runs, seed });
  return {
    ...outcome,
    errors: logged.filter(
      (line) => /"level":[56]0/.test(line) || line.includes(canary) || line.includes(personal),
    ),
    stalls: stalls(),
    seconds: Math.round((performance.now() - begun) / 100) / 10,
  };
}

function runAttacker(workerData: Attack): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./attacker.ts', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
