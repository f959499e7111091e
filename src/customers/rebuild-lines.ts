import { sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { customerLines, customers } from '../db/tables.ts';
import { lineVersion } from './stored-lines.ts';

/** Each batch is a transaction of its own, short enough not to keep writers of these customers waiting. */
const BATCH = 2_000;

type Batch = { ids: number[] | null; last: number | null };

/**
 * Builds every stored line that is missing or of another version than this process has, batch by batch.
 * Two processes at once do no harm. Resolves to the number of lines built; ends early when `signal` is aborted.
 */
export async function rebuildLines(db: Database, signal: AbortSignal): Promise<number> {
  const version = lineVersion();
  let built = 0;
  let after: number | null = null;
  while (!signal.aborted) {
    const [batch]: Batch[] = await db.execute<Batch>(sql`
      select array_agg(id) as ids, max(id) as last from (
        select ${customers.boosterCustomerId} as id from ${customers}
        where (${after}::int is null or ${customers.boosterCustomerId} > ${after}::int)
          and not exists (
            select from ${customerLines} where ${customerLines.brand} = ${customers.brand}
              and ${customerLines.boosterCustomerId} = ${customers.boosterCustomerId}
              and ${customerLines.version} = ${version})
        order by id limit ${BATCH}
      ) outdated`);
    if (!batch?.ids || batch.last === null) break;
    await db.execute(sql`select refresh_customer_lines(${sql.param(batch.ids)}::int[], false)`);
    built += batch.ids.length;
    after = batch.last;
  }
  return built;
}
