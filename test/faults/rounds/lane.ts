import { sql } from 'drizzle-orm';
import { prepareDatabase } from '../../../src/customers/stored-lines.ts';
import { connect } from '../../../src/db/client.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { countDoublePublications, countLateWrites, takeoversFrom } from '../history.ts';
import { findFaultsAfterTidying, findFileFaults } from '../invariants.ts';
import { openWorld, startExport } from '../world.ts';
import { openCluster } from './cluster.ts';
import { startCrew } from './crew.ts';
import type { Fault, Told } from './faults.ts';
import { addLedger, findTears, writeLedger } from './ledger.ts';
import { type Random, randomFrom } from './random.ts';

/** A lost task would still be waiting after this. */
const FINISH_MS = 90_000;
const TAKEOVER_MS = 20_000;

/** What happened in one round. */
export type Round = {
  readonly fault: string;
  /** What became of its exports: a status, or LOST. */
  readonly outcomes: readonly string[];
  readonly takeoversMs: readonly number[];
  readonly snapshotsMs: readonly number[];
  readonly wrong: readonly string[];
};

/** What is to be seen of all rounds together, at the end. */
export type LaneEnd = {
  readonly lateWrites: number;
  readonly publishedTwice: number;
  readonly snapshotsHeld: number;
  /** Changes of customers meanwhile. */
  readonly changes: number;
  readonly wrong: readonly string[];
};

export const nothingSeen: LaneEnd = {
  lateWrites: 0,
  publishedTwice: 0,
  snapshotsHeld: 0,
  changes: 0,
  wrong: [],
};

/** Disposing of it ends all that runs. */
export type Lane = AsyncDisposable & {
  readonly play: (fault: Fault) => Promise<Round>;
  readonly end: () => Promise<LaneEnd>;
};

/** A PostgreSQL, a gateway and two workers of its own, and others who write customers all the time. */
export async function openLane(seed: number): Promise<Lane> {
  const opened = new AsyncDisposableStack();
  try {
    return await open(randomFrom(seed), opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function open(random: Random, opened: AsyncDisposableStack): Promise<Lane> {
  const cluster = await openCluster();
  opened.defer(cluster.close);
  // The one is cut and silenced; the other is for those who watch.
  const [shaky, steady] = [await startTcpProxy(cluster.url()), await startTcpProxy(cluster.url())];
  opened.defer(shaky.close);
  opened.defer(steady.close);
  cluster.onRestart((url) => {
    shaky.retarget(url);
    steady.retarget(url);
  });
  await prepareDatabase(steady.url);
  const { db, close } = connect(steady.url, { name: 'rounds' });
  opened.defer(close);
  const world = await openWorld({ db, url: shaky.url, nameLength: 500 });
  opened.defer(world.close);
  await addLedger(db);
  const ledger = writeLedger(steady.url);
  opened.defer(ledger.stop);
  const crew = await startCrew(world);

  const start = () =>
    insist(() =>
      startExport(crew.url(), {
        filter: { brand: 'maison', posCodes: ['P1', 'P2'] },
        selection: '{ boosterCustomerId lastName firstName email }',
        compression: random.pick(['NONE', 'GZIP', 'ZSTD']),
      }),
    );

  /** What became of an export, and what is wrong with its file. */
  const judge = async (id: string): Promise<{ outcome: string; wrong: string[] }> => {
    const task = await world.finished(id, FINISH_MS).catch(() => null);
    if (!task) return { outcome: 'LOST', wrong: [`${id} is lost: ${JSON.stringify(await world.find(id))}`] };
    const outcome = `${task.status} by ${task.attempt}`;
    if (task.status === 'FAILED') return { outcome, wrong: [`${id}: ${JSON.stringify(task.failure)}`] };
    if (task.status !== 'COMPLETED') return { outcome, wrong: [] };
    const bytes = await world.files.read(task.fileKey ?? '');
    const tears = findTears(bytes, task.compression).map((tear) => `${id}: ${tear}`);
    return { outcome, wrong: [...findFileFaults(task, bytes), ...tears] };
  };

  const play = async (fault: Fault): Promise<Round> => {
    const wrong: string[] = [];
    const ids = await Promise.all(Array.from({ length: random.between(1, 3) }, start));
    await random.pause(0, 2_000);
    const { struck, snapshotsMs = [] } = await fault
      .happen({ world, crew, cluster, shaky, random, ids })
      .catch((error: unknown): Told => {
        wrong.push(String(error));
        return { struck: null };
      });
    const verdicts = await Promise.all(ids.map(judge));
    const takeoversMs = struck
      ? await takeoversFrom(db, world.servers.indexOf(struck.server), struck.at)
      : [];
    for (const ms of takeoversMs) if (ms > TAKEOVER_MS) wrong.push(`taken over after ${ms} ms`);
    await crew.complete();
    wrong.push(...verdicts.flatMap((verdict) => verdict.wrong));
    return {
      fault: fault.name,
      outcomes: verdicts.map(({ outcome }) => outcome),
      takeoversMs,
      snapshotsMs,
      wrong,
    };
  };

  return {
    play,
    end: async () => {
      await ledger.stop();
      const wrong = await findFaultsAfterTidying(world);
      const unfinished = await db.execute<{ id: string; status: string }>(
        sql`select id, status from exports where status in ('CREATED', 'RUNNING', 'CANCELING')`,
      );
      wrong.push(...unfinished.map(({ id, status }) => `${id} is still ${status}`));
      const readers = await db.execute(
        sql`select 1 from pg_stat_activity where application_name like 'export %'`,
      );
      return {
        lateWrites: await countLateWrites(db),
        publishedTwice: await countDoublePublications(db),
        snapshotsHeld: readers.length,
        changes: ledger.count(),
        wrong,
      };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Asks again while the gateway, just back, refuses. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
