import type postgres from 'postgres';
import type { CustomerLine } from '../customer-line.ts';
import { type Batch, type Comparison, compareWithStored } from './compare.ts';
import { copyRows } from './copy.ts';
import { createDictionaries } from './dictionaries.ts';
import { sources, storedLines } from './rows.ts';
import { createUpdate } from './update.ts';

/** Makes a batch ready to be stored. What it returns stores it; batches are stored in the order in which they were made ready. */
export type Store = (batch: Batch) => () => Promise<void>;

/**
 * Stores batches in the transaction of `sql`. New customers go straight into the tables, with the lines that the
 * database would build of them; those that are as their lines say are left alone; only the others are updated.
 */
export async function createStore(sql: postgres.Sql): Promise<Store> {
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

  let highest = await findHighest(sql);
  return (batch) => {
    const writeDictionaries = dictionaries.collect([...batch.values()]);
    const [lowest, last] = edgesOf(batch);
    return async () => {
      await writeDictionaries();
      // Ids beyond all that are there are new ones: nothing to compare.
      let sorted: Comparison | null = lowest > highest ? { fresh: [...batch.values()], changed: [] } : null;
      highest = Math.max(highest, last);
      for (;;) {
        const { fresh, changed } = sorted ?? (await compareWithStored(sql, batch));
        sorted = null;
        // Somebody else may have stored one of them meanwhile: it is not new any more.
        if (fresh.length > 0 && !(await insert(fresh))) continue;
        if (changed.length > 0) await update(changed);
        return;
      }
    };
  };
}

/** The largest id there is; less than any when there is none. */
async function findHighest(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ id: number | null }[]>`select max(booster_customer_id) as id from customers`;
  return row?.id ?? -Infinity;
}

/** The lowest and the highest id. */
function edgesOf(batch: Batch): readonly [number, number] {
  let [lowest, highest] = [Infinity, -Infinity];
  for (const id of batch.keys()) {
    lowest = Math.min(lowest, id);
    highest = Math.max(highest, id);
  }
  return [lowest, highest];
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
