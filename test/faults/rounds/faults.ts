import { sql } from 'drizzle-orm';
import type { Server } from '../../support/process.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import type { FaultPoint } from '../points/strike.ts';
import { cancelExport, startExport, type World } from '../world.ts';
import type { Cluster } from './cluster.ts';
import type { Crew } from './crew.ts';
import type { Random } from './random.ts';

export type Scene = {
  readonly world: World;
  readonly crew: Crew;
  readonly cluster: Cluster;
  readonly shaky: TcpProxy;
  readonly random: Random;
  /** The exports of this round. */
  readonly ids: readonly string[];
};

/** When something happened, by the database's clock, and what the processes it happened to had in hand. */
export type Told = {
  readonly at: Date | null;
  readonly victims: readonly { readonly id: string; readonly attempt: number }[];
};

export type Fault = { readonly name: string; readonly happen: (scene: Scene) => Promise<Told> };

const nothing: Told = { at: null, victims: [] };

async function now({ world }: Scene): Promise<Date> {
  const [row] = await world.db.execute<{ now: string }>(sql`select clock_timestamp() as now`);
  return new Date(row?.now ?? Number.NaN);
}

function victimOf({ crew, random }: Scene): Server {
  const busy = crew.workers().filter((worker) => crew.inHand(worker).length > 0);
  return random.pick(busy.length > 0 ? busy : crew.workers());
}

const points: readonly FaultPoint[] = [
  'after-claim',
  'mid-read',
  'before-sync',
  'before-publish',
  'in-publish',
  'after-publish',
];

export const faults: readonly Fault[] = [
  {
    name: 'kill -9 of a worker',
    happen: async (scene) => {
      const victim = victimOf(scene);
      victim.signal('SIGKILL');
      await victim.ended;
      return { at: await now(scene), victims: scene.crew.inHand(victim) };
    },
  },
  {
    name: 'kill -9 of both workers',
    happen: async (scene) => {
      const workers = scene.crew.workers();
      for (const worker of workers) worker.signal('SIGKILL');
      await Promise.all(workers.map(({ ended }) => ended));
      await Promise.all(workers.map((worker) => scene.crew.replace(worker)));
      return nothing; // it is the start of a process that would be measured
    },
  },
  {
    name: 'kill -9 at a named point',
    happen: async (scene) => {
      const { crew, random, world, ids } = scene;
      const point = random.pick(points);
      const [first = ''] = ids;
      const replaced = victimOf(scene);
      replaced.signal('SIGTERM');
      await replaced.ended;
      const victim = await crew.replace(replaced, { FAULT_AT: point });
      const input = { filter: { brand: 'maison', posCodes: ['P1'] } };
      const more = await Promise.all([1, 2, 3].map(() => startExport(crew.url(), input)));
      await Promise.race([victim.ended, Promise.all(more.map((id) => world.finished(id, 60_000)))]);
      victim.signal('SIGKILL');
      await victim.ended;
      const at = await now(scene);
      await Promise.all(more.map((id) => world.finished(id, 60_000)));
      return { at, victims: crew.inHand(victim).filter(({ id }) => id !== first) };
    },
  },
  {
    name: 'a worker is suspended for 14 s',
    happen: async (scene) => {
      const victim = victimOf(scene);
      victim.signal('SIGSTOP');
      const told = { at: await now(scene), victims: scene.crew.inHand(victim) };
      await scene.random.pause(14_000, 14_000);
      victim.signal('SIGCONT');
      return told;
    },
  },
  {
    name: 'a worker is suspended for a moment',
    happen: async (scene) => {
      const victim = victimOf(scene);
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
    name: 'PostgreSQL crashes',
    happen: async ({ cluster, random }) => {
      await cluster.crash(random.between(500, 5_000));
      return nothing;
    },
  },
  {
    name: 'a worker is told to stop',
    happen: async (scene) => {
      const victim = victimOf(scene);
      const victims = scene.crew.inHand(victim);
      victim.signal('SIGTERM');
      const at = await now(scene);
      await victim.ended;
      return { at, victims };
    },
  },
  {
    name: 'a worker is told to stop, and killed at once',
    happen: async (scene) => {
      const victim = victimOf(scene);
      victim.signal('SIGTERM');
      await scene.random.pause(0, 50);
      victim.signal('SIGKILL');
      await victim.ended;
      return { at: await now(scene), victims: scene.crew.inHand(victim) };
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
    name: 'an export is cancelled and its worker killed',
    happen: async (scene) => {
      await cancelExport(scene.crew.url(), scene.random.pick(scene.ids)).catch(() => {});
      const victim = victimOf(scene);
      victim.signal('SIGKILL');
      await victim.ended;
      return { at: await now(scene), victims: [] };
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
];
