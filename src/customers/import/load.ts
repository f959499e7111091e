import postgres from 'postgres';
import { type Batches, createBatches } from './batches.ts';
import { prepareFirstLoad } from './first.ts';
import { createStore } from './store.ts';

/**
 * Enough for the steps of a batch to be long, and few enough to be kept here, two batches at a time: half as many take
 * a twentieth longer, and 100 MB less.
 */
const BATCH_ROWS = 100_000;
/** One load at a time: two could wait for each other's customers, or take the same ids for new ones. */
const IMPORT_LOCK = 740_002;

/** Fewer customers change little of what the planner knows. */
const WORTH_ANALYZING = 1000;

export type LoadOptions = {
  /** Stops it: then nothing is stored, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told how many customers are stored, after every batch. They count only once all are. */
  readonly onStored?: ((customers: number) => void) | undefined;
  /** Rows of a batch, those of lists included; 100,000 unless given. */
  readonly batchRows?: number | undefined;
};

export type Load = Pick<Batches, 'add' | 'drain'> & {
  /** The load's own transaction, for what belongs to it. Not after the first `add`. */
  readonly sql: postgres.Sql;
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
  // A COPY may be under way, so that not even a rollback can be sent: the end of the connection is one.
  const { promise: stopped, reject: leave } = Promise.withResolvers<never>();
  stopped.catch(() => {}); // told below
  const stop = () => {
    leave(signal?.reason);
    void client.end({ timeout: 0 });
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const sql = await client.reserve();
    await sql.unsafe(`begin; ${settings}`);
    await sql`select pg_advisory_xact_lock(${IMPORT_LOCK})`;
    const complete = await prepareFirstLoad(sql);
    const batches = createBatches(await createStore(sql), { onStored, batchRows });
    await Promise.race([feed({ ...batches, sql }), stopped]);
    const customers = await batches.finish();
    await complete();
    signal?.throwIfAborted();
    // From here on it is too late to stop it.
    signal?.removeEventListener('abort', stop);
    await sql.unsafe('commit');
    if (customers >= WORTH_ANALYZING) await analyze(sql);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await client.end({ timeout: 0 });
  }
}

/**
 * A load takes the time it takes, and may wait for its source. It has room to sort and hash a batch, collects many
 * names before it brings them into their index, has data written out as it goes, looks at a sample only where it analyzes, and sees to stored lines
 * itself.
 */
const settings = `
  set local statement_timeout = 0;
  set local idle_in_transaction_session_timeout = 0;
  set local work_mem = '64MB';
  set local jit = off;
  set local maintenance_work_mem = '256MB';
  set local gin_pending_list_limit = '64MB';
  set local backend_flush_after = '1MB';
  set local default_statistics_target = 10;
  set local customer_export.defer_lines = on`;

/**
 * Exports that follow are planned by the tables' size. A small sample tells it; autovacuum takes a larger one within
 * a minute or so.
 */
async function analyze(sql: postgres.Sql): Promise<void> {
  const tables = `customers, customer_lines, transactions, customer_interests, customer_hobbies,
    customer_product_collections`;
  // All is stored by now, whatever becomes of this.
  await sql.unsafe(`set default_statistics_target = 10; analyze ${tables}`).catch(() => {});
}
