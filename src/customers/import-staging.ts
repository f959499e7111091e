import type postgres from 'postgres';
import { type StagingTable, stagingTables } from './import-rows.ts';

const columns: Readonly<Record<StagingTable, string>> = {
  import_customers: `place integer, booster_customer_id integer, sap_crm_id text, brand text, pos_code text,
    first_name text, last_name text, email text, phone_number text, location_country_id text, birthdate date,
    creation_date timestamptz, customer_status text, can_be_contacted_by_maison boolean, has_sap_crm_error boolean,
    client_spending numeric(16, 2), last_transaction_date timestamptz, sale_representative_email text,
    has_transactions boolean`,
  import_interests: 'place integer, booster_customer_id integer, sap_interest_id text, interest text',
  import_hobbies: 'place integer, booster_customer_id integer, sap_hobby_id text, hobby text',
  import_product_collections:
    'place integer, booster_customer_id integer, sap_product_collection_id text, product_collection text',
  import_transactions: `place integer, booster_customer_id integer, transaction_id text, transaction_date timestamptz,
    amount numeric(16, 2), brand_category_id text, grand_category_id text, master_category_id text, category_id text,
    sub_category_id text`,
};

/** Makes the tables that hold a batch: the transaction's own, gone with it, never written to the log of changes. */
export async function createStaging(tx: postgres.TransactionSql): Promise<void> {
  await tx.unsafe(`set local temp_buffers = '64MB'`);
  for (const table of stagingTables) {
    await tx.unsafe(`create temporary table ${table} (${columns[table]}) on commit drop`);
  }
  // Those of a batch's customers that the database has already: only they can have rows to take away.
  await tx.unsafe('create temporary table import_known (booster_customer_id integer) on commit drop');
}

export async function emptyStaging(tx: postgres.TransactionSql): Promise<void> {
  await tx.unsafe(`truncate ${stagingTables.join(', ')}, import_known`);
}

/** Sends rows to the staging tables, no faster than the server takes them. */
export async function copyRows(
  tx: postgres.TransactionSql,
  rows: ReadonlyMap<StagingTable, string>,
): Promise<void> {
  for (const [table, text] of rows) await copyIn(tx, table, text);
}

/**
 * Two traps of the driver (postgres.js 3.4.9): it tells of no error that comes after the last byte, so that waiting
 * for the stream could last for ever; and its closed stream sends "copy failed", which would hit a COPY that has
 * begun meanwhile. So a statement that nothing harms follows: it fails if the COPY did.
 */
async function copyIn(tx: postgres.TransactionSql, table: StagingTable, text: string): Promise<void> {
  const stream = await tx.unsafe(`copy ${table} from stdin`).writable();
  const closed = new Promise<void>((resolve, reject) => {
    stream.once('close', resolve);
    stream.once('error', reject);
  });
  closed.catch(() => {});
  await new Promise<void>((resolve, reject) => {
    stream.once('error', reject);
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
  stream.end();
  await tx`select`;
  await closed;
}
