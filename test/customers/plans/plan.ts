import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';
import { z } from 'zod';

/** What a statement read, as EXPLAIN (ANALYZE, BUFFERS) tells. */
export type Reading = {
  readonly milliseconds: number;
  /** Pages of 8 kB. */
  readonly buffers: number;
  /** Rows looked at by table, those included that a filter then left out. */
  readonly rows: ReadonlyMap<string, number>;
  /** Indexes used. */
  readonly indexes: ReadonlySet<string>;
  /** Tables read from end to end. */
  readonly scanned: ReadonlySet<string>;
};

type Node = z.infer<typeof planNode>;
const planNode = z.looseObject({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Index Name': z.string().optional(),
  'Actual Rows': z.number(),
  'Actual Loops': z.number(),
  'Parallel Aware': z.boolean().default(false),
  'Rows Removed by Filter': z.number().default(0),
  'Rows Removed by Index Recheck': z.number().default(0),
  'Shared Hit Blocks': z.number().default(0),
  'Shared Read Blocks': z.number().default(0),
  get Plans() {
    return z.array(planNode).default([]);
  },
});
const explained = z.tuple([z.object({ Plan: planNode, 'Execution Time': z.number() })]);

/** Runs a statement once, after the settings, and says what it read. */
export async function explain(
  client: postgres.Sql,
  statement: SQL,
  settings: readonly SQL[],
): Promise<Reading> {
  const dialect = new PgDialect({ casing: 'snake_case' });
  const { sql: text, params } = dialect.sqlToQuery(
    sql`explain (analyze, buffers, timing off, format json) ${statement}`,
  );
  return await client.begin(async (tx) => {
    for (const setting of settings) await tx.unsafe(dialect.sqlToQuery(setting).sql);
    const [row] = await tx.unsafe(text, params.map(toParameter));
    const [{ Plan, 'Execution Time': milliseconds }] = explained.parse(row?.['QUERY PLAN']);
    const rows = new Map<string, number>();
    const indexes = new Set<string>();
    const scanned = new Set<string>();
    const visit = (node: Node) => {
      const { 'Relation Name': table, 'Index Name': index } = node;
      if (index !== undefined) indexes.add(index);
      if (table !== undefined && node['Node Type'].includes('Seq Scan')) scanned.add(table);
      if (table !== undefined) {
        const looked =
          node['Actual Rows'] + node['Rows Removed by Filter'] + node['Rows Removed by Index Recheck'];
        const loops = node['Actual Loops'];
        // What parallel workers did is told as their mean, rounded.
        const rounding = node['Parallel Aware'] ? loops : 0;
        rows.set(table, (rows.get(table) ?? 0) + Math.max(0, Math.round(looked * loops) - rounding));
      }
      for (const child of node.Plans) visit(child);
    };
    visit(Plan);
    const buffers = Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'];
    return { milliseconds, buffers, rows, indexes, scanned };
  });
}

function toParameter(value: unknown) {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((element) => (element === null ? null : String(element)));
  throw new Error(`Not a parameter: ${typeof value}`);
}
