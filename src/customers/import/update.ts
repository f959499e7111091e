import type postgres from 'postgres';
import type { CustomerLine } from '../customer-line.ts';
import { copyRows } from './copy.ts';
import { customerColumns, sources } from './rows.ts';

/**
 * Makes customers that the database has, and the transaction holds, as their lines say: from staging tables and in one
 * statement for each table, so that the triggers on them run once, and none writes a row that is as it should be.
 */
export function createUpdate(sql: postgres.Sql): (customers: readonly CustomerLine[]) => Promise<void> {
  let staged = false;
  return async (customers) => {
    await sql.unsafe(staged ? emptyStaging : makeStaging);
    staged = true;
    for (const table of sources) await copyRows(sql, table, stagingOf(table.name), customers);
    await sql.unsafe(`analyze ${staging.join(', ')}`);
    const ids = customers.map(({ boosterCustomerId }) => boosterCustomerId);
    const bought = customers.filter(({ transactions }) => transactions !== null);
    await sql.unsafe(updateCustomers);
    for (const list of lists) await sql.unsafe(replace(list));
    if (bought.length > 0)
      await sql.unsafe(replace(transactions), [bought.map(({ boosterCustomerId }) => boosterCustomerId)]);
    // The triggers leave it to us.
    await sql.unsafe('select refresh_customer_lines($1::int[], true)', [ids]);
  };
}

const stagingOf = (table: string) => `import_${table}`;
const staging = sources.map(({ name }) => stagingOf(name));
/** The connection's own, gone with the transaction, and never in the log of changes. */
const makeStaging = sources
  .map(({ name }) => `create temporary table ${stagingOf(name)} (like ${name}) on commit drop`)
  .join(';');
const emptyStaging = `truncate ${staging.join(', ')}`;

const [, ...values] = customerColumns;
const totals = ['client_spending', 'last_transaction_date'];
const given = values.filter((column) => !totals.includes(column));

/**
 * The totals of a customer that has transactions are its trigger's: they stay until the transactions change, below.
 */
const hasTransactions =
  'exists (select from transactions t where t.booster_customer_id = c.booster_customer_id)';
const updateCustomers = `
  update customers c set
    ${given.map((column) => `${column} = n.${column}`).join(', ')},
    ${totals.map((column) => `${column} = case when ${hasTransactions} then c.${column} else n.${column} end`).join(', ')}
  from import_customers n
  where n.booster_customer_id = c.booster_customer_id
    and (${differ('c', 'n', given)} or (${differ('c', 'n', totals)} and not ${hasTransactions}))`;

/** How the elements of a list are written over the old ones. */
type List = {
  readonly insert: string;
  /** What to do with an element that is there already. */
  readonly onConflict: string;
  /** Deletes those that the customers' lines do not have. */
  readonly deleteGone: string;
};

/** One statement for both, so that the triggers see the list as it will be. */
const replace = ({ insert, onConflict, deleteGone }: List): string =>
  `with gone as (${deleteGone}) ${insert} on conflict ${onConflict}`;

function tagList(table: string, id: string, label: string): List {
  return {
    insert: `
      insert into ${table} as t (booster_customer_id, ${id}, ${label})
      select booster_customer_id, ${id}, ${label} from import_${table}`,
    onConflict: `(booster_customer_id, ${id}) do update set ${label} = excluded.${label}
      where ${differ('t', 'excluded', [label])}`,
    deleteGone: `
      delete from ${table} t using import_customers c
      where t.booster_customer_id = c.booster_customer_id and not exists (
        select from import_${table} n where n.booster_customer_id = t.booster_customer_id and n.${id} = t.${id})`,
  };
}

const hobbies: List = {
  insert: `
    insert into customer_hobbies (booster_customer_id, sap_hobby_id, hobby)
    select booster_customer_id, sap_hobby_id, hobby from import_customer_hobbies`,
  onConflict: 'do nothing',
  deleteGone: `
    delete from customer_hobbies t using import_customers c
    where t.booster_customer_id = c.booster_customer_id and not exists (
      select from import_customer_hobbies n
      where n.booster_customer_id = t.booster_customer_id
        and n.sap_hobby_id is not distinct from t.sap_hobby_id and n.hobby is not distinct from t.hobby)`,
};

const lists: readonly List[] = [
  tagList('customer_interests', 'sap_interest_id', 'interest'),
  tagList('customer_product_collections', 'sap_product_collection_id', 'product_collection'),
  hobbies,
];

const bought = [
  'transaction_date',
  'amount',
  'brand_category_id',
  'grand_category_id',
  'master_category_id',
  'category_id',
  'sub_category_id',
];
/** `$1` are the customers whose lines say which transactions there are. */
const transactions: List = {
  insert: `
    insert into transactions as t (booster_customer_id, transaction_id, ${bought.join(', ')})
    select booster_customer_id, transaction_id, ${bought.join(', ')} from import_transactions`,
  onConflict: `(booster_customer_id, transaction_id) do update set
      ${bought.map((column) => `${column} = excluded.${column}`).join(', ')}
    where ${differ('t', 'excluded', bought)}`,
  deleteGone: `
    delete from transactions t
    where t.booster_customer_id = any($1::int[]) and not exists (
      select from import_transactions n
      where n.booster_customer_id = t.booster_customer_id and n.transaction_id = t.transaction_id)`,
};

function differ(row: string, other: string, columns: readonly string[]): string {
  const of = (row: string) => columns.map((column) => `${row}.${column}`).join(', ');
  return `row(${of(row)}) is distinct from row(${of(other)})`;
}
