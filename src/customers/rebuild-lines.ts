import { sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { customerLines, customers } from '../db/tables.ts';
import { lineVersion } from './stored-lines.ts';

/** How many customers are looked at with one statement, which takes some 50 ms: a worker that stops waits for one. */
const LOOK = 20_000;
/** How many lines are built in one transaction, short enough not to keep writers of these customers waiting. */
const BATCH = 2_000;

type Place = { brand: string; id: number };

/**
 * Builds every stored line that is missing or of another version than this process has, batch by batch.
 * Two processes at once do no harm. Resolves to the number of lines built; ends early when `signal` is aborted.
 * @param look how many customers are looked at a time.
 */
export async function rebuildLines(db: Database, signal: AbortSignal, look = LOOK): Promise<number> {
  let built = 0;
  // Before all others: no brand is without a name.
  let after: Place = { brand: '', id: 0 };
  while (!signal.aborted) {
    const looked = await findOutdated(db, after, look);
    if (!looked) break;
    for (let from = 0; from < looked.outdated.length && !signal.aborted; from += BATCH) {
      const batch = looked.outdated.slice(from, from + BATCH);
      await db.execute(sql`select refresh_customer_lines(${sql.param(batch)}::int[], false)`);
      built += batch.length;
    }
    after = looked;
  }
  return built;
}

/**
 * Looks at the lines of the next customers; null when there are none. Both tables are asked by their indexes alone,
 * a look at a million takes 2 s. The subquery cannot become a join, for which the planner might read all lines anew.
 */
async function findOutdated(
  db: Database,
  { brand, id }: Place,
  look: number,
): Promise<(Place & { outdated: number[] }) | undefined> {
  const [looked] = await db.execute<Place & { outdated: number[] }>(sql`
    with looked as materialized (
      select ${customers.brand}, ${customers.boosterCustomerId} as id from ${customers}
      where (${customers.brand}, ${customers.boosterCustomerId}) > (${brand}, ${id}::int)
      order by ${customers.brand}, ${customers.boosterCustomerId} limit ${look})
    select brand, id, array(
      select id from looked where ${lineVersion()}::int is distinct from (
        select ${customerLines.version} from ${customerLines}
        where ${customerLines.brand} = looked.brand and ${customerLines.boosterCustomerId} = looked.id)
      order by id) as outdated
    from looked order by brand desc, id desc limit 1`);
  return looked;
}
