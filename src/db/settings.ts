import { eq } from 'drizzle-orm';
import type { Database } from './client.ts';
import { settings } from './tables.ts';

/** A value made once per installation: whoever comes first makes it, all others read it. */
export async function readOrMakeSetting(db: Database, key: string, make: () => string): Promise<string> {
  await db.insert(settings).values({ key, value: make() }).onConflictDoNothing();
  const [row] = await db.select().from(settings).where(eq(settings.key, key));
  if (!row) throw new Error(`settings: ${key} is gone.`);
  return row.value;
}
