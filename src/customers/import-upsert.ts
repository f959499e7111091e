import type postgres from 'postgres';

/**
 * Puts a batch from the staging tables into the real ones: a statement for each, so that the triggers on them run
 * once a batch. Rows that are as they should be are not written again. `repeats`: an id may be there more than once,
 * then the last counts.
 */
export async function upsertBatch(tx: postgres.TransactionSql, repeats: boolean): Promise<void> {
  if (repeats) for (const statement of keepLast) await tx.unsafe(statement);
  for (const statement of [...findKnown, ...dictionaries, customers, ...lists, transactions, lines]) {
    const t = performance.now();
    await tx.unsafe(statement);
    if (process.env['V']) console.log((performance.now()-t).toFixed(0).padStart(6), statement.trim().slice(0,80).replace(/\s+/g,' '));
  }
}

const lists_of = ['import_interests', 'import_hobbies', 'import_product_collections', 'import_transactions'];

const keepLast = [
  `with kept as (select max(place) as place from import_customers group by booster_customer_id)
   delete from import_customers c where not exists (select from kept where kept.place = c.place)`,
  ...lists_of.map(
    (table) =>
      `delete from ${table} t where not exists (select from import_customers c where c.place = t.place)`,
  ),
];

const findKnown = [
  `insert into import_known
   select booster_customer_id from import_customers join customers using (booster_customer_id)`,
  'analyze import_customers, import_known, import_interests, import_hobbies, import_product_collections, import_transactions',
];

const dictionaries = [
  `insert into brands (code, name) select distinct brand, brand from import_customers on conflict do nothing`,
  `insert into points_of_sale (brand, pos_code, name)
   select distinct brand, pos_code, pos_code from import_customers on conflict do nothing`,
  `insert into sales_representatives (brand, email)
   select distinct brand, sale_representative_email from import_customers
   where sale_representative_email is not null on conflict do nothing`,
  `insert into interests as known (brand, sap_interest_id, interest)
   select brand, sap_interest_id, max(interest) from import_interests join import_customers using (place)
   group by brand, sap_interest_id
   on conflict (brand, sap_interest_id) do update set interest = excluded.interest
   where known.interest is null and excluded.interest is not null`,
  `insert into hobbies (brand, sap_hobby_id, hobby)
   select distinct brand, sap_hobby_id, hobby from import_hobbies join import_customers using (place)
   on conflict do nothing`,
  `insert into product_collections as known (brand, sap_product_collection_id, product_collection)
   select brand, sap_product_collection_id, max(product_collection)
   from import_product_collections join import_customers using (place)
   group by brand, sap_product_collection_id
   on conflict (brand, sap_product_collection_id) do update set product_collection = excluded.product_collection
   where known.product_collection is null and excluded.product_collection is not null`,
  `insert into product_categories
     (brand, brand_category_id, grand_category_id, master_category_id, category_id, sub_category_id)
   select distinct brand, brand_category_id, grand_category_id, master_category_id, category_id, sub_category_id
   from import_transactions t join import_customers using (place)
   where num_nonnulls(brand_category_id, grand_category_id, master_category_id, category_id, sub_category_id) > 0
   on conflict do nothing`,
];

const given = [
  'sap_crm_id',
  'brand',
  'pos_code',
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
const all = ['booster_customer_id', ...given, ...totals].join(', ');
const of = (row: string, columns: readonly string[]) =>
  columns.map((column) => `${row}.${column}`).join(', ');

/**
 * The totals of a customer that has transactions are their trigger's, now or in the statement that replaces them.
 * A new customer comes with the totals of its transactions, so that the trigger finds nothing to do.
 */
const hasTransactions =
  'exists (select from transactions t where t.booster_customer_id = c.booster_customer_id)';
const customers = `
  insert into customers as c (${all})
  select ${all} from import_customers order by booster_customer_id
  on conflict (booster_customer_id) do update set
    ${given.map((column) => `${column} = excluded.${column}`).join(', ')},
    ${totals.map((column) => `${column} = case when ${hasTransactions} then c.${column} else excluded.${column} end`).join(', ')}
  where (${of('c', given)}) is distinct from (${of('excluded', given)})
    or ((${of('c', totals)}) is distinct from (${of('excluded', totals)}) and not ${hasTransactions})`;

const lists = [
  `with gone as (
     delete from customer_interests t using import_known k
     where t.booster_customer_id = k.booster_customer_id and not exists (
       select from import_interests n
       where n.booster_customer_id = t.booster_customer_id and n.sap_interest_id = t.sap_interest_id))
   insert into customer_interests as t (booster_customer_id, sap_interest_id, interest)
   select booster_customer_id, sap_interest_id, interest from import_interests
   on conflict (booster_customer_id, sap_interest_id) do update set interest = excluded.interest
   where t.interest is distinct from excluded.interest`,
  `with gone as (
     delete from customer_hobbies t using import_known k
     where t.booster_customer_id = k.booster_customer_id and not exists (
       select from import_hobbies n
       where n.booster_customer_id = t.booster_customer_id
         and (n.sap_hobby_id, n.hobby) is not distinct from (t.sap_hobby_id, t.hobby)))
   insert into customer_hobbies (booster_customer_id, sap_hobby_id, hobby)
   select booster_customer_id, sap_hobby_id, hobby from import_hobbies
   on conflict do nothing`,
  `with gone as (
     delete from customer_product_collections t using import_known k
     where t.booster_customer_id = k.booster_customer_id and not exists (
       select from import_product_collections n
       where n.booster_customer_id = t.booster_customer_id
         and n.sap_product_collection_id = t.sap_product_collection_id))
   insert into customer_product_collections as t (booster_customer_id, sap_product_collection_id, product_collection)
   select booster_customer_id, sap_product_collection_id, product_collection from import_product_collections
   on conflict (booster_customer_id, sap_product_collection_id) do update
     set product_collection = excluded.product_collection
   where t.product_collection is distinct from excluded.product_collection`,
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
const transactions = `
  with gone as (
    delete from transactions t using import_known k join import_customers c using (booster_customer_id)
    where c.has_transactions and t.booster_customer_id = k.booster_customer_id and not exists (
      select from import_transactions n
      where n.booster_customer_id = t.booster_customer_id and n.transaction_id = t.transaction_id))
  insert into transactions as t (booster_customer_id, transaction_id, ${bought.join(', ')})
  select booster_customer_id, transaction_id, ${bought.join(', ')} from import_transactions
  on conflict (booster_customer_id, transaction_id) do update set
    ${bought.map((column) => `${column} = excluded.${column}`).join(', ')}
  where (${of('t', bought)}) is distinct from (${of('excluded', bought)})`;

const lines =
  'select refresh_customer_lines(array(select booster_customer_id from import_customers order by 1), true)';
