import type { Writable } from 'node:stream';
import type postgres from 'postgres';
import { ROW_VALUES, type RowKind } from './import-rows.ts';

/** The views of the staging table, one for each kind of row: its values in order, with their types. */
const views: readonly {
  readonly name: string;
  readonly kind: RowKind;
  readonly values: readonly string[];
}[] = [
  {
    name: 'import_customers',
    kind: 'c',
    values: [
      'brand text',
      'pos_code text',
      'sap_crm_id text',
      'first_name text',
      'last_name text',
      'email text',
      'phone_number text',
      'location_country_id text',
      'birthdate date',
      'creation_date timestamptz',
      'customer_status text',
      'can_be_contacted_by_maison boolean',
      'has_sap_crm_error boolean',
      'client_spending numeric(16,2)',
      'last_transaction_date timestamptz',
      'sale_representative_email text',
      'has_transactions boolean',
    ],
  },
  {
    name: 'import_interests',
    kind: 'i',
    values: ['brand text', 'sap_interest_id text', 'interest text'],
  },
  { name: 'import_hobbies', kind: 'h', values: ['brand text', 'sap_hobby_id text', 'hobby text'] },
  {
    name: 'import_product_collections',
    kind: 'p',
    values: ['brand text', 'sap_product_collection_id text', 'product_collection text'],
  },
  {
    name: 'import_transactions',
    kind: 't',
    values: [
      'brand text',
      'transaction_id text',
      'transaction_date timestamptz',
      'amount numeric(16,2)',
      'brand_category_id text',
      'grand_category_id text',
      'master_category_id text',
      'category_id text',
      'sub_category_id text',
    ],
  },
];

/** The rows of one batch, in the database but in none of its tables. */
export type Staging = {
  /** Sends rows, no faster than the server takes them. */
  readonly write: (rows: string) => Promise<void>;
  /** Waits until the server has all that was written. */
  readonly complete: () => Promise<void>;
  /** Makes room for the next batch. */
  readonly empty: () => Promise<void>;
};

/**
 * Makes the staging table `import_rows`: the connection's own, gone with the transaction, and never in the log of
 * changes. One COPY brings the rows of all kinds, because the end of each costs a wait of up to 40 ms (the driver's
 * sockets hold back a small packet until the one before is acknowledged); views tell the kinds apart.
 */
export async function createStaging(tx: postgres.TransactionSql): Promise<Staging> {
  const values = Array.from({ length: ROW_VALUES }, (_, n) => `v${n + 1} text`);
  await tx.unsafe(`
    set local temp_buffers = '64MB';
    create temporary table import_rows
      (place integer, booster_customer_id integer, kind "char", ${values.join(', ')}) on commit drop;
    create temporary table import_known (booster_customer_id integer) on commit drop`);
  for (const { name, kind, values } of views) {
    const columns = values.map((value, n) => {
      const [column, type] = value.split(' ');
      return `v${n + 1}::${type} as ${column}`;
    });
    await tx.unsafe(`
      create temporary view ${name} as
      select place, booster_customer_id, ${columns.join(', ')} from import_rows where kind = '${kind}'`);
  }
  return openStaging(tx);
}

function openStaging(tx: postgres.TransactionSql): Staging {
  let copy: Copy | null = null;
  return {
    async write(rows) {
      copy ??= await startCopy(tx);
      await copy.write(rows);
    },
    async complete() {
      await copy?.complete();
      copy = null;
    },
    async empty() {
      await tx.unsafe('truncate import_rows, import_known');
    },
  };
}

type Copy = Pick<Staging, 'write' | 'complete'>;

async function startCopy(tx: postgres.TransactionSql): Promise<Copy> {
  const stream: Writable = await tx.unsafe('copy import_rows from stdin').writable();
  const closed = new Promise<void>((resolve, reject) => {
    stream.once('close', resolve);
    stream.once('error', reject);
  });
  closed.catch(() => {}); // told to whoever writes or completes
  return {
    write: (rows) =>
      Promise.race([
        closed,
        new Promise<void>((resolve, reject) =>
          stream.write(rows, (error) => (error ? reject(error) : resolve())),
        ),
      ]),
    /**
     * Two traps of the driver (postgres.js 3.4.9). It tells of no error that comes after the last byte: waiting for
     * the stream could last for ever. And the stream's end sends "copy failed", which would hit a COPY that has begun
     * meanwhile. So a statement that nothing harms follows, and fails if the COPY has.
     */
    async complete() {
      stream.end();
      await tx`select`;
      await closed;
    },
  };
}
