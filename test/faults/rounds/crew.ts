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
  /** What this process has in hand now. */
  readonly inHand: (server: Server) => { readonly id: string; readonly attempt: number }[];
  /** Replaces all that have ended. */
  readonly complete: () => Promise<void>;
};

/** An export takes some seconds. */
const slow: Faults = { FAULT_CHUNK_MS: '200' };

export async function startCrew(world: World): Promise<Crew> {
  const start = (role: 'gateway' | 'worker', env: Faults = {}) =>
    world.start({ ROLES: role, ...slow, ...env });
  let gateway = start('gateway');
  let workers = [start('worker'), start('worker')];
  let url = await gateway.ready;
  await Promise.all(workers.map(({ ready }) => ready));

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
    inHand: ({ log }) => {
      const tasks = new Map<unknown, { id: string; attempt: number }>();
      for (const { msg, taskId, attempt } of log) {
        if (typeof taskId !== 'string') continue;
        if (msg === 'export started') tasks.set(taskId, { id: taskId, attempt: Number(attempt) });
        else if (/^export (completed|goes back|attempt failed|is no longer)/.test(msg)) tasks.delete(taskId);
      }
      return [...tasks.values()];
    },
    complete: async () => {
      for (const server of [gateway, ...workers]) if (ended.has(server)) await replace(server);
    },
  };
}
