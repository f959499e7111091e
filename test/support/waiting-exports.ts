import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';

let requests = 0;

/** Adds exports that wait for a worker, each of one customer's id at most, one created after the other. */
export async function addWaitingExports(
  db: Pick<Database, 'execute'>,
  { count, brand = 'cartier' }: { readonly count: number; readonly brand?: string },
): Promise<string[]> {
  const filter = JSON.stringify({ brand, posCodes: ['P1'], boosterCustomerIds: [1] });
  const scope = JSON.stringify({ brands: [brand], posCodes: null });
  const rows = await db.execute<{ id: string }>(sql`
    insert into exports
      (brand, requested_by, download_request_id, fingerprint, filter, selection, compression, read_scope)
    select ${brand}, 'ann', ${`waiting ${++requests} `} || n, '', ${filter}::jsonb, '{ boosterCustomerId }', 'NONE',
      ${scope}::jsonb
    from generate_series(1, ${count}::int) n returning id`);
  return rows.map((row) => row.id);
}
