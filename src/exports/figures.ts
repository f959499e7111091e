import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { brands, exports } from '../db/tables.ts';
import type { Status } from './task.ts';

/** What the rows say of all exports at a moment. */
export type Figures = {
  /** Of every brand, zeros included. */
  readonly counts: readonly {
    readonly brand: string;
    readonly status: CountedStatus;
    readonly count: number;
  }[];
  readonly waiting: number;
  /** 0 when none waits. */
  readonly oldestWaitingSeconds: number;
  /** 0 when none runs. */
  readonly oldestSnapshotSeconds: number;
};

/** States in which exports are few. The others only grow, and counting them would read the whole table. */
export const countedStatuses = ['CREATED', 'RUNNING', 'CANCELING', 'COMPLETED'] as const satisfies Status[];
export type CountedStatus = (typeof countedStatuses)[number];

/** So long figures are fresh: several who ask at once cost one query. */
const FRESH_MS = 5_000;
/** So long is waited for the database. */
const PATIENCE_MS = 1_000;

/**
 * Figures for whoever asks, null when the database does not give them soon. One query at a time, however often
 * it is asked: a database that hangs must not have all connections hang.
 */
export function openFigures(db: Database): () => Promise<Figures | null> {
  let latest: { readonly figures: Figures; readonly at: number } | null = null;
  let reading: Promise<void> | null = null;
  const isFresh = () => latest !== null && performance.now() - latest.at < FRESH_MS;
  const read = async () => {
    try {
      latest = { figures: await readFigures(db), at: performance.now() };
    } catch {
      latest = null;
    } finally {
      reading = null;
    }
  };
  return async () => {
    if (!isFresh()) {
      reading ??= read();
      await Promise.race([reading, delay(PATIENCE_MS, undefined, { ref: false })]);
    }
    return isFresh() ? (latest?.figures ?? null) : null;
  };
}

type Row = {
  readonly brand: string;
  readonly status: CountedStatus | null;
  readonly count: number;
  readonly waited: number | null;
  readonly read: number | null;
};

/** One query on two partial indexes: what it costs depends on how many exports are unfinished or have a file. */
async function readFigures(db: Database): Promise<Figures> {
  const rows = await db.execute<Row>(sql`
    select brand, status, count(*)::int as count,
      extract(epoch from clock_timestamp() - min(created_at) filter (where status = 'CREATED'))::float8 as waited,
      extract(epoch from clock_timestamp() - min(transaction_time) filter (where status = 'RUNNING' and retry_at is null))::float8 as read
    from ${exports} where status in ('CREATED', 'RUNNING', 'CANCELING') group by brand, status
    union all
    select brand, status, count(*)::int, null, null from ${exports} where status = 'COMPLETED' group by brand, status
    union all
    select code, null, 0, null, null from ${brands}`);
  const count = (brand: string, status: CountedStatus) =>
    rows.find((row) => row.brand === brand && row.status === status)?.count ?? 0;
  const counts = [...new Set(rows.map(({ brand }) => brand))].flatMap((brand) =>
    countedStatuses.map((status) => ({ brand, status, count: count(brand, status) })),
  );
  return {
    counts,
    waiting: sum(counts.filter(({ status }) => status === 'CREATED').map((one) => one.count)),
    oldestWaitingSeconds: Math.max(0, ...rows.map(({ waited }) => waited ?? 0)),
    oldestSnapshotSeconds: Math.max(0, ...rows.map(({ read }) => read ?? 0)),
  };
}

const sum = (counts: readonly number[]) => counts.reduce((total, one) => total + one, 0);
