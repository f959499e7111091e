import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '../../support/process.ts';
import type { Faults } from '../points/strike.ts';
import type { World } from '../world.ts';

/** The processes of a run: a gateway and two workers, one of which may be replaced by one that is to fail. */
export type Crew = {
  readonly url: () => string;
  readonly gateway: () => Server;
  readonly workers: () => readonly Server[];
  /** Puts another process in the place of one that has ended. */
  readonly replace: (server: Server, env?: Faults) => Promise<Server>;
  /** Replaces all that have ended. */
  readonly complete: () => Promise<void>;
};

/** Processes start all the time: they need not compile what others have compiled. */
const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), 'export-rounds-compiled') };

/** An export takes some seconds. */
const slow: Faults = { FAULT_MS_PER_MB: '800' };

export async function startCrew(world: World): Promise<Crew> {
  const start = (role: 'gateway' | 'worker', env: Faults = {}) =>
    world.start({ ROLES: role, ...slow, ...env, ...compiled });
  let gateway = start('gateway');
  let url = await gateway.ready;
  let workers: Server[] = [];
  // One after the other: the start of a process takes a whole machine for a while.
  while (workers.length < 2) {
    const worker = start('worker');
    await worker.ready;
    workers.push(worker);
  }

  const ended = new Set<Server>();
  const watch = (server: Server) => server.ended.then(() => ended.add(server));
  for (const server of [gateway, ...workers]) void watch(server);

  const replace = async (server: Server, env: Faults = {}) => {
    const successor = start(server === gateway ? 'gateway' : 'worker', env);
    void watch(successor);
    const ready = await successor.ready;
    if (server === gateway) [gateway, url] = [successor, ready];
    else workers = workers.map((worker) => (worker === server ? successor : worker));
    return successor;
  };
  return {
    url: () => url,
    gateway: () => gateway,
    workers: () => workers,
    replace,
    complete: async () => {
      for (const server of [gateway, ...workers]) if (ended.has(server)) await replace(server);
    },
  };
}
