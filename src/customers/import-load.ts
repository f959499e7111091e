import postgres from 'postgres';
import type { CustomerLine } from './customer-line.ts';
import { createRows } from './import-rows.ts';
import { copyRows, createStaging, emptyStaging } from './import-staging.ts';
import { upsertBatch } from './import-upsert.ts';

/** Characters sent at a time. */
const COPY_SIZE = 1024 * 1024;
/** Rows of a batch, lists and transactions included: the server keeps some 12 bytes of each until its statement ends. */
const BATCH_ROWS = 250_000;
/** One import at a time, so that two never wait for each other's customers. */
const IMPORT_LOCK = 740_002;

export type LoadOptions = {
  /** Stops it: then nothing is stored, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told the number of customers stored so far, after every batch. */
  readonly onStored?: ((customers: number) => void) | undefined;
};

export type Load = {
  /** Adds or replaces a customer. `again`: its id was added before; the later one counts. */
  readonly add: (customer: CustomerLine, again: boolean) => void;
  /** Waits until the server has taken enough of what was added; to be called every few hundred customers. */
  readonly drain: () => Promise<void>;
};

/**
 * Stores any number of customers in one transaction: all that `feed` adds, or nothing.
 * @throws what `feed` throws, what the database says, or the signal's reason.
 */
export async function loadCustomers(
  url: string,
  { signal, onStored }: LoadOptions,
  feed: (load: Load, tx: postgres.TransactionSql) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const client = postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'customer-export import' },
  });
  const stop = () => void client.end({ timeout: 0 });
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await client.begin(async (tx) => {
      await prepare(tx);
      const batches = createBatches(tx, onStored);
      await feed(batches, tx);
      await batches.finish();
    });
    // Statistics for the exports that follow: autovacuum would take a minute to notice.
    await client.unsafe(
      'analyze customers, customer_interests, customer_hobbies, customer_product_collections, transactions',
    );
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await client.end({ timeout: 5 });
  }
}

async function prepare(tx: postgres.TransactionSql): Promise<void> {
  await tx.unsafe(`
    set local work_mem = '64MB';
    set local jit = off;
    set local default_statistics_target = 10;
    set local gin_pending_list_limit = '64MB';
    set local customer_export.defer_lines = 'on'`);
  await createStaging(tx);
}

function createBatches(
  tx: postgres.TransactionSql,
  onStored: LoadOptions['onStored'],
): Load & { finish: () => Promise<void> } {
  let rows = createRows();
  let place = 0;
  let repeats = false;
  let stored = 0;
  /** What the server is at. The next part is made meanwhile, but not the one after it. */
  let running: Promise<void> = Promise.resolve();

  const start = async (work: () => Promise<void>) => {
    await running;
    running = work();
    running.catch(() => {}); // told by whoever waits next
  };
  const copy = () => {
    const taken = rows.take();
    return start(() => copyRows(tx, taken));
  };
  const store = async () => {
    await copy();
    const batch = { count: place, repeats };
    rows = createRows();
    place = 0;
    repeats = false;
    await start(async () => {
      await tx`select pg_advisory_xact_lock(${IMPORT_LOCK})`;
      await upsertBatch(tx, batch.repeats);
      await emptyStaging(tx);
      stored += batch.count;
      onStored?.(stored);
    });
  };

  return {
    add(customer, again) {
      rows.add(customer, place);
      place += 1;
      repeats ||= again;
    },
    async drain() {
      if (rows.count() >= BATCH_ROWS) await store();
      else if (rows.size() >= COPY_SIZE) await copy();
    },
    async finish() {
      if (place > 0) await store();
      await running;
    },
  };
}
