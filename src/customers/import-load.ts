import postgres from 'postgres';
import { type Batches, createBatches } from './import-batches.ts';
import { createStaging } from './import-staging.ts';

/** More would not be faster, and PostgreSQL keeps in memory which of a batch's rows have foreign keys to check. */
const BATCH_ROWS = 250_000;
/** One load at a time: two could wait for each other's customers, or take the same ids for new ones. */
const IMPORT_LOCK = 740_002;

/** Fewer customers change little of what the planner knows, and looking takes half a second. */
const WORTH_ANALYZING = 1000;

export type LoadOptions = {
  /** Stops it: then nothing is stored, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told how many customers are stored, after every batch. They count only once all are. */
  readonly onStored?: ((customers: number) => void) | undefined;
  /** Rows of a batch, those of lists included; 250,000 unless given. */
  readonly batchRows?: number | undefined;
};

export type Load = Pick<Batches, 'add' | 'drain'> & {
  /** The load's own transaction, for what belongs to it. Not after the first `add`. */
  readonly tx: postgres.TransactionSql;
};

/**
 * Stores any number of customers in constant memory and in one transaction: all that `feed` adds, or nothing.
 * @throws what `feed` throws, what the database says, or the signal's reason.
 */
export async function loadCustomers(
  url: string,
  { signal, onStored, batchRows = BATCH_ROWS }: LoadOptions,
  feed: (load: Load) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const client = postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'customer-export import' },
  });
  const stop = () => void client.end({ timeout: 0 });
  signal?.addEventListener('abort', stop, { once: true });
  let failure: unknown;
  try {
    const customers = await client.begin(async (tx) => {
      try {
        await tx.unsafe(settings);
        await tx`select pg_advisory_xact_lock(${IMPORT_LOCK})`;
        const batches = createBatches(tx, await createStaging(tx), { onStored, batchRows });
        await feed({ ...batches, tx });
        const customers = await batches.finish();
        signal?.throwIfAborted();
        // From here on it is too late to stop it.
        signal?.removeEventListener('abort', stop);
        return customers;
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    if (customers >= WORTH_ANALYZING) await analyze(client);
  } catch (error) {
    // A COPY may be under way, so that not even a rollback can be sent: the end of the connection is one.
    await client.end({ timeout: 0 });
    signal?.throwIfAborted();
    throw failure ?? error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await client.end({ timeout: 5 });
  }
}

/**
 * A load takes the time it takes, and may wait for its source. It has room to sort and hash a batch, estimates from
 * few rows, as the staging table is looked at anew with every batch, and builds stored lines once a batch.
 */
const settings = `
  set local statement_timeout = 0;
  set local idle_in_transaction_session_timeout = 0;
  set local work_mem = '64MB';
  set local jit = off;
  set local default_statistics_target = 10;
  set local customer_export.defer_lines = on`;

/** Exports that follow are planned by the tables' size, which autovacuum would look at within a minute or so. */
async function analyze(client: postgres.Sql): Promise<void> {
  const tables = `customers, customer_lines, transactions, customer_interests, customer_hobbies,
    customer_product_collections`;
  // All is stored by now, whatever becomes of this.
  await client.unsafe(`analyze ${tables}`).catch(() => {});
}
