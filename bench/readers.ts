import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Database } from '../src/db/client.ts';
import { customers } from '../src/db/tables.ts';
import type { Order } from './readers-process.ts';
import { median } from './table.ts';

const RANGE = 2_000;
const ways = [
  [1, 1],
  [1, 2],
  [1, 4],
  [2, 1],
  [2, 2],
] as const;

/**
 * How fast one snapshot is read by several connections, of one process or of two: all ranges at once, in no order and
 * without a file, which is more than any way of putting them together could reach. Prints a Markdown table of medians.
 */
export async function benchReaders(url: string, db: Database, brand: string, runs: number): Promise<void> {
  const total = await db.$count(customers);
  const heads = ['processes × connections', 'stored lines/s', 'built lines/s'];
  process.stdout.write(
    `${[heads, heads.map(() => '---')].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`,
  );
  const seconds = new Map<string, number[]>();
  for (let run = 0; run < runs; run++) {
    for (const [processes, connections] of ways) {
      for (const lines of ['stored', 'built'] as const) {
        const key = `${processes} × ${connections} ${lines}`;
        const took = await readAll({ url, db, brand, lines, processes, connections, total });
        seconds.set(key, [...(seconds.get(key) ?? []), took]);
      }
    }
  }
  for (const [processes, connections] of ways) {
    const name = `${processes} × ${connections}`;
    const rates = ['stored', 'built'].map((lines) =>
      Math.round(total / median(seconds.get(`${name} ${lines}`) ?? [])).toLocaleString('en'),
    );
    process.stdout.write(`| ${[name, ...rates].join(' | ')} |\n`);
  }
}

type Case = Pick<Order, 'url' | 'brand' | 'lines' | 'connections'> & {
  readonly db: Database;
  readonly processes: number;
  readonly total: number;
};

/** @returns seconds. */
async function readAll({ db, processes, total, ...order }: Case): Promise<number> {
  const children = Array.from({ length: processes }, () =>
    fork(join(import.meta.dirname, 'readers-process.ts')),
  );
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    return await db.transaction(
      async (tx) => {
        const rows = await tx.execute<{ snapshot: string; first: number; last: number }>(sql`
          select pg_export_snapshot() as snapshot, min(booster_customer_id) as first, max(booster_customer_id) as last
          from customers`);
        const [row] = rows;
        if (!row) throw new Error('There are no customers.');
        const { snapshot, first, last } = row;
        const ranges = Array.from({ length: Math.ceil((last - first + 1) / RANGE) }, (_, n) => {
          return { first: first + n * RANGE, last: first + (n + 1) * RANGE - 1 };
        });
        const startedAt = performance.now();
        const counts = await Promise.all(
          children.map((child, n) => {
            const mine = ranges.filter((_, at) => at % processes === n);
            return ask(child, { ...order, snapshot, ranges: mine });
          }),
        );
        const took = (performance.now() - startedAt) / 1000;
        const read = counts.reduce((sum, count) => sum + count, 0);
        if (read !== total) throw new Error(`${read} lines were read where there are ${total}.`);
        return took;
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    );
  } finally {
    for (const child of children) child.kill();
  }
}

async function ask(child: ChildProcess, order: Order): Promise<number> {
  const answered = once(child, 'message');
  child.send(order);
  const [count] = await answered;
  return Number(count);
}
