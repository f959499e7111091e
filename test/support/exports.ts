import { eq, sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';
import { bell } from '../../src/db/notifications.ts';
import { exports } from '../../src/db/tables.ts';

type Row = typeof exports.$inferInsert;

/** Adds an export that seems to run, of alice and the brand `cartier` unless told otherwise, and rings for it. */
export async function insertExport(db: Database, values: Partial<Row> = {}): Promise<string> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .insert(exports)
      .values({
        brand: 'cartier',
        requestedBy: 'alice',
        downloadRequestId: crypto.randomUUID(),
        fingerprint: '',
        filter: {},
        readScope: { brands: ['cartier'], posCodes: null },
        selection: '{ email }',
        compression: 'NONE',
        status: 'RUNNING',
        attempt: 1,
        ...values,
      })
      .returning({ id: exports.id });
    if (!row) throw new Error('The export was not added.');
    await tx.execute(sql`select ${bell(sql`${row.id}::text`)}`);
    return row.id;
  });
}

/** Changes an export as the worker does. `rings: false` leaves the bell alone, as a lost notification does. */
export async function changeExport(
  db: Database,
  id: string,
  values: Partial<Row>,
  { rings = true }: { rings?: boolean } = {},
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx
      .update(exports)
      .set({ ...values, version: sql`${exports.version} + 1` })
      .where(eq(exports.id, id));
    if (rings) await tx.execute(sql`select ${bell(sql`${id}::text`)}`);
  });
}
