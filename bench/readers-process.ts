import { PgDialect } from 'drizzle-orm/pg-core';
import postgres from 'postgres';
import { builtChunk, storedChunk } from '../src/customers/chunk-query.ts';
import { defaultSelection } from '../src/customers/selection.ts';

/** One process of `readers.ts`: reads its ranges over its connections, and drops the lines. */
export type Order = {
  readonly url: string;
  readonly snapshot: string;
  readonly brand: string;
  readonly lines: 'stored' | 'built';
  readonly ranges: readonly { readonly first: number; readonly last: number }[];
  readonly connections: number;
};

const dialect = new PgDialect({ casing: 'snake_case' });

async function read(order: Order): Promise<number> {
  const { url, brand, ranges, connections } = order;
  const conditions = { brand };
  const { rows } =
    order.lines === 'stored'
      ? storedChunk(conditions)
      : builtChunk(conditions, defaultSelection.toReversed());
  const client = postgres(url, { max: connections, onnotice: () => {}, connection: { jit: 'off' } });
  const waiting = [...ranges];
  let count = 0;
  const readAll = () =>
    client.begin('isolation level repeatable read read only', async (tx) => {
      await tx.unsafe(`set transaction snapshot '${order.snapshot}'; set local enable_nestloop = off`);
      for (let range = waiting.shift(); range; range = waiting.shift()) {
        const { sql, params } = dialect.sqlToQuery(rows({ ...range, pieces: [range] }));
        const [row] = await tx
          .unsafe(sql, params as postgres.ParameterOrJSON<never>[], { prepare: true })
          .raw();
        count += Number(row?.[0]);
      }
    });
  await Promise.all(Array.from({ length: connections }, readAll));
  await client.end();
  return count;
}

process.on('message', (order: Order) => {
  void read(order).then((count) => process.send?.(count));
});
process.send?.('ready');
