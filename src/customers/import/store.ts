import type postgres from 'postgres';
import type { CustomerLine } from '../customer-line.ts';
import { type Batch, compareWithStored } from './compare.ts';
import { copyRows } from './copy.ts';
import { createDictionaries } from './dictionaries.ts';
import { sources, storedLines } from './rows.ts';
import { createUpdate } from './update.ts';

/**
 * Stores batches in the transaction of `sql`. New customers go straight into the tables, with the lines that the
 * database would build of them; those that are as their lines say are left alone; only the others are updated.
 */
export async function createStore(sql: postgres.Sql): Promise<(batch: Batch) => Promise<void>> {
  const dictionaries = createDictionaries(sql);
  const update = createUpdate(sql);
  const { loading, writing } = await findRoles(sql);
  const targets = [...sources, storedLines()];

  const insert = async (fresh: readonly CustomerLine[]) => {
    await sql.unsafe(`savepoint fresh; ${loading}`);
    try {
      for (const table of targets) await copyRows(sql, table, table.name, fresh);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      await sql.unsafe('rollback to fresh');
      return false;
    }
    await sql.unsafe(`release fresh; ${writing}`);
    return true;
  };

  return async (batch) => {
    await dictionaries.write([...batch.values()]);
    for (;;) {
      const { fresh, changed } = await compareWithStored(sql, batch);
      // Somebody else may have stored one of them meanwhile: it is not new any more.
      if (fresh.length > 0 && !(await insert(fresh))) continue;
      if (changed.length > 0) await update(changed);
      return;
    }
  };
}

type Roles = {
  /**
   * What a load does itself needs no trigger: the points of sale and customers that rows refer to are there and held,
   * totals and lines come with them. Checking foreign keys row by row takes as long as all the rest.
   */
  readonly loading: string;
  readonly writing: string;
};

/** Superusers may, and who was granted it; for others the triggers do their work. */
async function findRoles(sql: postgres.Sql): Promise<Roles> {
  const [row] = await sql<{ may: boolean }[]>`
    select has_parameter_privilege(current_user, 'session_replication_role', 'set') as may`;
  const role = (name: string) => (row?.may ? `set local session_replication_role = ${name}` : '');
  return { loading: role('replica'), writing: role('origin') };
}

function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
