import { sql } from 'drizzle-orm';
import type { Server } from '../../support/process.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { findRunning } from '../history.ts';
import type { FaultPoint } from '../points/strike.ts';
import { cancelExport, startExport, type World } from '../world.ts';
import type { Cluster } from './cluster.ts';
import type { Crew } from './crew.ts';
import type { Random } from './random.ts';
import { now, suspendPastSilence, suspendWhenReached } from './suspend.ts';

export type Scene = {
  readonly world: World;
  readonly crew: Crew;
  readonly cluster: Cluster;
  readonly shaky: TcpProxy;
  readonly random: Random;
  /** The exports of this round. */
  readonly ids: readonly string[];
};

export type Told = {
  /** The process whose exports are to be taken over, and since when by the database's clock; null when none need be. */
  readonly struck: { readonly server: Server; readonly at: Date } | null;
  /** How long the snapshots of a suspended worker were held after it fell silent, in ms. */
  readonly snapshotsMs?: readonly number[];
};

export type Fault = { readonly name: string; readonly happen: (scene: Scene) => Promise<Told> };

const nothing: Told = { struck: null };

/** A worker that runs an export at this moment, if there is one. */
async function victimOf({ crew, random, world }: Scene): Promise<Server> {
  const running = await findRunning(world.db);
  const busy = crew
    .workers()
    .filter((worker) => running.some(({ process }) => world.servers[process] === worker));
  return random.pick(busy.length > 0 ? busy : crew.workers());
}

async function kill(scene: Scene, victim: Server): Promise<Told> {
  const at = await now(scene.world);
  victim.signal('SIGKILL');
  await victim.ended;
  return { struck: { server: victim, at } };
}

const points: readonly FaultPoint[] = [
  'after-claim',
  'mid-read',
  'before-sync',
  'before-publish',
  'in-publish',
  'after-publish',
];

const killed: Fault = {
  name: 'kill -9 of a worker',
  happen: async (scene) => kill(scene, await victimOf(scene)),
};

const suspended: Fault = {
  name: 'a worker is suspended past its silence',
  happen: async (scene) => {
    const victim = await victimOf(scene);
    const at = await now(scene.world);
    victim.signal('SIGSTOP');
    return suspendPastSilence(scene, victim, at);
  },
};

const suspendedAtPoint: Fault = {
  name: 'a worker is suspended at a named point',
  happen: async (scene) => {
    const { crew, random } = scene;
    const victim = await replaceOne(scene, { FAULT_SUSPEND_AT: random.pick(points) });
    const more = await startSmall(crew.url());
    await suspendWhenReached(scene, victim, more);
    return suspendPastSilence(scene, victim, await now(scene.world));
  },
};

/** Puts a worker that is to fail in the place of one that stops in good order. */
async function replaceOne(scene: Scene, env: Parameters<Crew['replace']>[1]): Promise<Server> {
  const replaced = await victimOf(scene);
  replaced.signal('SIGTERM');
  await replaced.ended;
  return scene.crew.replace(replaced, env);
}

function startSmall(url: string): Promise<string[]> {
  const input = { filter: { brand: 'maison', posCodes: ['P1'] } };
  return Promise.all([1, 2, 3].map(() => startExport(url, input)));
}

/** What may happen in a round; one of a kind each time. */
export const kinds: Readonly<Record<string, readonly Fault[]>> = {
  kill: [killed],
  suspend: [suspended, suspended, suspendedAtPoint],
  any: [
    killed,
    suspended,
    suspendedAtPoint,
    {
      name: 'kill -9 of both workers',
      happen: async ({ crew }) => {
        const workers = crew.workers();
        for (const worker of workers) worker.signal('SIGKILL');
        await Promise.all(workers.map(({ ended }) => ended));
        await Promise.all(workers.map((worker) => crew.replace(worker)));
        return nothing; // it is the start of a process that would be measured
      },
    },
    {
      name: 'kill -9 at a named point',
      happen: async (scene) => {
        const { crew, random, world } = scene;
        const victim = await replaceOne(scene, { FAULT_AT: random.pick(points) });
        const more = await startSmall(crew.url());
        await Promise.race([victim.ended, Promise.all(more.map((id) => world.finished(id, 60_000)))]);
        const told = await kill(scene, victim);
        await Promise.all(more.map((id) => world.finished(id, 60_000)));
        return told;
      },
    },
    {
      name: 'a worker is suspended for a moment',
      happen: async (scene) => {
        const victim = await victimOf(scene);
        victim.signal('SIGSTOP');
        await scene.random.pause(500, 4_000);
        victim.signal('SIGCONT');
        return nothing;
      },
    },
    {
      name: 'connections are cut',
      happen: async ({ world, random }) => {
        for (let cuts = random.between(1, 4); cuts > 0; cuts--) {
          await world.db.execute(sql`
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name not in ('rounds', 'ledger') and random() < 0.5`);
          await random.pause(0, 500);
        }
        return nothing;
      },
    },
    {
      name: 'the database is out of reach',
      happen: async ({ shaky, random }) => {
        shaky.down();
        await random.pause(500, 5_000);
        shaky.up();
        return nothing;
      },
    },
    {
      name: 'the database falls silent',
      happen: async ({ shaky, random }) => {
        shaky.silence();
        await random.pause(500, 12_000);
        shaky.speak();
        return nothing;
      },
    },
    {
      name: 'PostgreSQL crashes',
      happen: async ({ cluster, random }) => {
        await cluster.crash(random.between(500, 5_000));
        return nothing;
      },
    },
    {
      name: 'a worker is told to stop',
      happen: async (scene) => {
        const victim = await victimOf(scene);
        const at = await now(scene.world);
        victim.signal('SIGTERM');
        await victim.ended;
        return { struck: { server: victim, at } };
      },
    },
    {
      name: 'a worker is told to stop, and killed at once',
      happen: async (scene) => {
        const victim = await victimOf(scene);
        victim.signal('SIGTERM');
        await scene.random.pause(0, 50);
        return kill(scene, victim);
      },
    },
    {
      name: 'an export is cancelled',
      happen: async ({ crew, random, ids }) => {
        await cancelExport(crew.url(), random.pick(ids)).catch(() => {}); // finished already
        return nothing;
      },
    },
    {
      name: 'an export is cancelled and a worker killed',
      happen: async (scene) => {
        await cancelExport(scene.crew.url(), scene.random.pick(scene.ids)).catch(() => {});
        return kill(scene, await victimOf(scene));
      },
    },
    {
      name: 'the gateway is killed',
      happen: async ({ crew }) => {
        crew.gateway().signal('SIGKILL');
        await crew.gateway().ended;
        return nothing;
      },
    },
  ],
};
