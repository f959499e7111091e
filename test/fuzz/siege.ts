import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { connect } from '../../src/db/client.ts';
import { addCustomers } from '../support/customers.ts';
import { makeKey, serveKeys, signToken } from '../support/tokens.ts';
import type { Attack, Outcome } from './attack.ts';
import { type Stalls, watchEventLoop } from './event-loop.ts';

export type Siege = Outcome & {
  /** Lines of the log at `error` or above. */
  readonly errors: readonly string[];
  /** Of the server, without the attack. */
  readonly stalls: Stalls;
  readonly seconds: number;
};

const canary = 'kanarienvogel';

/** Serves an empty database of the newest layout, fills it, and lets generated requests loose on it. */
export async function besiege(
  databaseUrl: string,
  { runs, seed }: Pick<Attack, 'runs' | 'seed'>,
): Promise<Siege> {
  const dataDir = await mkdtemp(join(tmpdir(), 'export-fuzz-'));
  const key = await makeKey('ES256');
  await using keys = await serveKeys([key]);
  const errors: string[] = [];
  const log = pino({ level: 'error' }, { write: (line) => errors.push(line) });
  const settings = { ROLES: 'gateway', PORT: '0', RATE_LIMIT_PER_MINUTE: '0', INTROSPECTION: 'on' };
  const app = await startApp(
    loadConfig({ ...keys.env, ...settings, DATABASE_URL: databaseUrl, DATA_DIR: dataDir }),
    log,
  );
  try {
    await fill(databaseUrl);
    const claims = { brands: ['cartier'], posCodes: ['P1'] };
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_, n) => signToken(key, { ...claims, sub: `caller ${n}`, exp: 4e9 })),
    );
    const begun = performance.now();
    const stalls = watchEventLoop();
    const outcome = await runAttacker({ url: app.url ?? '', tokens, canary, runs, seed });
    return {
      ...outcome,
      errors,
      stalls: stalls(),
      seconds: Math.round((performance.now() - begun) / 100) / 10,
    };
  } finally {
    await app.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Customers whom the callers may see, and others who are marked. */
async function fill(databaseUrl: string): Promise<void> {
  const { db, close } = connect(databaseUrl);
  try {
    await db.execute(sql`insert into brands values ('cartier', 'Cartier'), ('piaget', ${canary})`);
    await db.execute(sql`insert into points_of_sale values
      ('cartier', 'P1', 'Paris'), ('cartier', 'P2', ${canary}), ('piaget', 'P1', ${canary})`);
    await addCustomers(db, { count: 2_000 });
    await addCustomers(db, { count: 50, posCode: 'P2', firstId: 10_000 });
    await addCustomers(db, { count: 50, brand: 'piaget', firstId: 20_000 });
    await db.execute(
      sql`update customers set email = ${canary} || booster_customer_id where booster_customer_id >= 10000`,
    );
  } finally {
    await close();
  }
}

function runAttacker(workerData: Attack): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./attacker.ts', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
