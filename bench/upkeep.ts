import { performance } from 'node:perf_hooks';
import type { Connection } from '../src/db/client.ts';
import { median } from './table.ts';

const ROUNDS = 200;

/** What keeping the stored lines costs a writer: single-row updates with and without the triggers that keep them. */
export async function measureUpkeep({ sql: client }: Connection): Promise<string> {
  const [first] = await client<{ id: number }[]>`select min(booster_customer_id) as id from customers`;
  const id = first?.id ?? 0;
  const update = async (deferred: boolean) => {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      await client
        .begin(async (tx) => {
          if (deferred) await tx`set local customer_export.defer_lines = on`;
          else await tx`select 1`;
          await tx`update customers set first_name = first_name || '' where booster_customer_id = ${id + (round % 50)}`;
          throw new RolledBack();
        })
        .catch((error: unknown) => {
          if (!(error instanceof RolledBack)) throw error;
        });
      times.push(performance.now() - started);
    }
    return median(times);
  };
  const [without, withLines] = [await update(true), await update(false)];
  return [
    '| update of one customer | ms |',
    '| --- | --- |',
    `| without keeping its line | ${without.toFixed(2)} |`,
    `| with it | ${withLines.toFixed(2)} |`,
  ].join('\n');
}

class RolledBack extends Error {}
