import { freePort } from '../../support/free-port.ts';
import type { Server } from '../../support/process.ts';
import type { World } from '../world.ts';

/** A place in the fleet: processes come and go, the place and its port stay. */
export type Place = {
  readonly role: 'gateway' | 'worker';
  /** Where it is reached, a gateway only. */
  readonly url: string;
  readonly server: () => Server;
  /** Ends the process and starts the next one. Resolves, once that is ready, with how the old one ended. */
  readonly replace: (signal: 'SIGTERM' | 'SIGKILL') => Promise<number | string>;
};

export type Fleet = { readonly gateways: readonly Place[]; readonly workers: readonly Place[] };

/** Starts processes side by side on one database and one store. An export takes about a second. */
export async function startFleet(
  world: World,
  counts: { readonly gateways: number; readonly workers: number },
): Promise<Fleet> {
  const open = async (role: Place['role']): Promise<Place> => {
    const port = role === 'gateway' ? await freePort() : 0;
    const start = () => world.start({ ROLES: role, PORT: `${port}`, FAULT_MS_PER_MB: '400' });
    let server = start();
    await server.ready;
    return {
      role,
      url: `http://127.0.0.1:${port}`,
      server: () => server,
      replace: async (signal) => {
        server.signal(signal);
        const end = await server.ended;
        server = start();
        await server.ready;
        return end;
      },
    };
  };
  const openAll = (role: Place['role'], count: number) =>
    Promise.all(Array.from({ length: count }, () => open(role)));
  // One role after the other: a process takes seconds of CPU to start.
  const gateways = await openAll('gateway', counts.gateways);
  return { gateways, workers: await openAll('worker', counts.workers) };
}
