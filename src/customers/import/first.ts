import type postgres from 'postgres';
import { sources } from './rows.ts';

/** What a first load still has to do when all customers are stored. */
export type Completion = () => Promise<void>;

/**
 * Prepares the first load of a database, when there are no customers yet: they are stored without their secondary
 * indexes, which are sorted and made at the end, by several processes at once, and without a log of changes where the
 * server keeps none for new tables. Together that halves the time.
 *
 * The load has the tables for itself meanwhile. There is nobody in them to be read, nor are there brands or points of
 * sale to ask for. Where that may not be, or somebody is at the tables, it is a load like any other.
 */
export async function prepareFirstLoad(sql: postgres.Sql): Promise<Completion> {
  const nothing = async () => {};
  const [row] = await sql.unsafe<{ first: boolean }[]>(isFirst);
  if (!row?.first) return nothing;
  try {
    await sql.unsafe(
      `savepoint first; set local lock_timeout = '1s'; lock table ${tables} in access exclusive mode`,
    );
    const [still] = await sql.unsafe<{ first: boolean }[]>(isFirst);
    if (!still?.first) throw new Error('Somebody else was first.');
    await sql.unsafe(`truncate ${tables}; set local lock_timeout to default; release first`);
  } catch {
    await sql.unsafe('rollback to first; release first');
    return nothing;
  }
  const indexes = await sql.unsafe<{ name: string; definition: string }[]>(secondaryIndexes);
  if (indexes.length > 0) await sql.unsafe(`drop index ${indexes.map(({ name }) => name).join(', ')}`);
  return async () => {
    for (const { definition } of indexes) await sql.unsafe(definition);
  };
}

const tables = [...sources.map(({ name }) => name), 'customer_lines'].join(', ');

/** Only the tables' owner may take indexes away. */
const isFirst = `
  select not exists (select from customers) and bool_and(pg_has_role(relowner, 'usage')) as first
  from pg_class where oid = any ('{${tables}}'::regclass[])`;

const secondaryIndexes = `
  select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
  from pg_index where indrelid = 'customers'::regclass
    and not exists (select from pg_constraint where conindid = indexrelid)`;
