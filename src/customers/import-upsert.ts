import type postgres from 'postgres';

/**
 * Brings a batch from the staging views into the tables: one statement for each, so that the triggers on them run
 * once, and none writes a row that is as it should be. `repeats`: an id may be there more than once, and its last
 * line counts.
 */
export async function upsertBatch(tx: postgres.TransactionSql, repeats: boolean): Promise<void> {
  for (const statement of dictionaries) await tx.unsafe(statement);
  if (repeats) await tx.unsafe(keepLast);
  const known = await tx.unsafe(findKnown);
  await tx.unsafe('analyze import_rows, import_known');
  await tx.unsafe(customers);
  for (const list of lists) await tx.unsafe(known.count > 0 ? replace(list) : list.insert);
  await tx.unsafe(lines);
}

const keepLast = `
  with kept as (select max(place) as place from import_customers group by booster_customer_id)
  delete from import_rows r where not exists (select from kept where kept.place = r.place)`;

/** The batch's customers that the database has already: only they can have list elements. */
const findKnown = `
  insert into import_known
  select booster_customer_id from import_customers join customers using (booster_customer_id)`;

/** What a filter form offers. What it knows already stays as it is, but for a label that was missing. */
const dictionaries = [
  'insert into brands (code, name) select distinct brand, brand from import_customers on conflict do nothing',
  `insert into points_of_sale (brand, pos_code, name)
   select distinct brand, pos_code, pos_code from import_customers on conflict do nothing`,
  `insert into sales_representatives (brand, email)
   select distinct brand, sale_representative_email from import_customers
   where sale_representative_email is not null on conflict do nothing`,
  tagDictionary('interests', 'sap_interest_id', 'interest'),
  tagDictionary('product_collections', 'sap_product_collection_id', 'product_collection'),
  `insert into hobbies (brand, sap_hobby_id, hobby)
   select distinct brand, sap_hobby_id, hobby from import_hobbies on conflict do nothing`,
  `insert into product_categories
     (brand, brand_category_id, grand_category_id, master_category_id, category_id, sub_category_id)
   select distinct brand, brand_category_id, grand_category_id, master_category_id, category_id, sub_category_id
   from import_transactions
   where num_nonnulls(brand_category_id, grand_category_id, master_category_id, category_id, sub_category_id) > 0
   on conflict do nothing`,
];

function tagDictionary(table: string, id: string, label: string): string {
  return `
    insert into ${table} as known (brand, ${id}, ${label})
    select brand, ${id}, max(${label} collate "C") from import_${table} group by brand, ${id}
    on conflict (brand, ${id}) do update set ${label} = excluded.${label}
    where known.${label} is null and excluded.${label} is not null`;
}

const given = [
  'brand',
  'pos_code',
  'sap_crm_id',
  'first_name',
  'last_name',
  'email',
  'phone_number',
  'location_country_id',
  'birthdate',
  'creation_date',
  'customer_status',
  'can_be_contacted_by_maison',
  'has_sap_crm_error',
  'sale_representative_email',
];
const totals = ['client_spending', 'last_transaction_date'];
const columns = ['booster_customer_id', ...given, ...totals].join(', ');

/**
 * The totals of a customer that has transactions are its trigger's: they stay until the transactions change, below.
 * A new one comes with the totals of its transactions, so that the trigger has nothing to write.
 */
const hasTransactions =
  'exists (select from transactions t where t.booster_customer_id = c.booster_customer_id)';
const customers = `
  insert into customers as c (${columns})
  select ${columns} from import_customers order by booster_customer_id
  on conflict (booster_customer_id) do update set
    ${given.map((column) => `${column} = excluded.${column}`).join(', ')},
    ${totals.map((column) => `${column} = case when ${hasTransactions} then c.${column} else excluded.${column} end`).join(', ')}
  where ${differ('c', given)} or (${differ('c', totals)} and not ${hasTransactions})`;

/** How the elements of a list are written: at once where the customers are new, over the old ones otherwise. */
type List = {
  readonly insert: string;
  /** What to do with an element that is there already. */
  readonly onConflict: string;
  /** Deletes those of known customers that their lines do not have. */
  readonly deleteGone: string;
};

/** One statement for both, so that the triggers see the list as it will be. */
const replace = ({ insert, onConflict, deleteGone }: List): string =>
  `with gone as (${deleteGone}) ${insert} on conflict ${onConflict}`;

function tagList(list: string, id: string, label: string): List {
  return {
    insert: `
      insert into customer_${list} as t (booster_customer_id, ${id}, ${label})
      select booster_customer_id, ${id}, ${label} from import_${list}`,
    onConflict: `(booster_customer_id, ${id}) do update set ${label} = excluded.${label}
      where ${differ('t', [label])}`,
    deleteGone: `
      delete from customer_${list} t using import_known k
      where t.booster_customer_id = k.booster_customer_id and not exists (
        select from import_${list} n where n.booster_customer_id = t.booster_customer_id and n.${id} = t.${id})`,
  };
}

const hobbies: List = {
  insert: `
    insert into customer_hobbies (booster_customer_id, sap_hobby_id, hobby)
    select booster_customer_id, sap_hobby_id, hobby from import_hobbies`,
  onConflict: 'do nothing',
  deleteGone: `
    delete from customer_hobbies t using import_known k
    where t.booster_customer_id = k.booster_customer_id and not exists (
      select from import_hobbies n
      where n.booster_customer_id = t.booster_customer_id
        and n.sap_hobby_id is not distinct from t.sap_hobby_id and n.hobby is not distinct from t.hobby)`,
};

const bought = [
  'transaction_date',
  'amount',
  'brand_category_id',
  'grand_category_id',
  'master_category_id',
  'category_id',
  'sub_category_id',
];
const transactions: List = {
  insert: `
    insert into transactions as t (booster_customer_id, transaction_id, ${bought.join(', ')})
    select booster_customer_id, transaction_id, ${bought.join(', ')} from import_transactions`,
  onConflict: `(booster_customer_id, transaction_id) do update set
      ${bought.map((column) => `${column} = excluded.${column}`).join(', ')}
    where ${differ('t', bought)}`,
  deleteGone: `
    delete from transactions t using import_known k join import_customers c using (booster_customer_id)
    where c.has_transactions and t.booster_customer_id = k.booster_customer_id and not exists (
      select from import_transactions n
      where n.booster_customer_id = t.booster_customer_id and n.transaction_id = t.transaction_id)`,
};

const lists = [
  tagList('interests', 'sap_interest_id', 'interest'),
  tagList('product_collections', 'sap_product_collection_id', 'product_collection'),
  hobbies,
  transactions,
];

/** The stored lines of the batch, which the triggers leave to us; their customers are locked by now. */
const lines =
  'select refresh_customer_lines(array(select booster_customer_id from import_customers order by 1), true)';

function differ(row: string, columns: readonly string[]): string {
  const of = (row: string) => columns.map((column) => `${row}.${column}`).join(', ');
  return `row(${of(row)}) is distinct from row(${of('excluded')})`;
}
