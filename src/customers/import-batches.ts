import type postgres from 'postgres';
import type { CustomerLine } from './customer-line.ts';
import { createRows, type Rows } from './import-rows.ts';
import type { Staging } from './import-staging.ts';
import { upsertBatch } from './import-upsert.ts';

/** Characters sent at a time. */
const SEND_SIZE = 1024 * 1024;

export type BatchOptions = {
  /** Rows of a batch, those of lists included. */
  readonly batchRows: number;
  /** Told how many customers are stored, after every batch. */
  readonly onStored?: ((customers: number) => void) | undefined;
};

/** Customers on their way into the database, a batch at a time. */
export type Batches = {
  /** Adds a customer, or replaces it. `again` says that its id may have been added before. */
  readonly add: (customer: CustomerLine, again: boolean) => void;
  /** Waits for the server when it is behind; to be called every few hundred customers. */
  readonly drain: () => Promise<void>;
  /** Stores what is left, and says how many customers were added. */
  readonly finish: () => Promise<number>;
};

/** Customers that are stored together. */
type Batch = {
  readonly rows: Rows;
  customers: number;
  /** Whether an id may be there twice. */
  repeats: boolean;
  /** Whether a line says which transactions there are. */
  transactions: boolean;
};

const createBatch = (): Batch => ({ rows: createRows(), customers: 0, repeats: false, transactions: false });

/** Customers added one after the other have the same effect whatever the size of a batch. */
export function createBatches(
  tx: postgres.TransactionSql,
  staging: Staging,
  { batchRows, onStored }: BatchOptions,
): Batches {
  let batch = createBatch();
  /** Those before it, which wait to be stored. */
  const full: Batch[] = [];
  let stored = 0;
  /** What the server is at: the next piece is made meanwhile, but no more than that. */
  let running: Promise<void> = Promise.resolve();

  const next = async (work: () => Promise<void>) => {
    await running;
    running = work();
    running.catch(() => {}); // told to whoever comes next
  };

  const send = ({ rows }: Batch) => {
    const text = rows.take();
    return next(() => staging.write(text));
  };

  const store = async (batch: Batch) => {
    await send(batch);
    await next(async () => {
      await staging.complete();
      await upsertBatch(tx, batch.repeats);
      await staging.empty();
      stored += batch.customers;
      onStored?.(stored);
    });
  };

  const drain = async () => {
    for (let first = full.shift(); first; first = full.shift()) await store(first);
    if (batch.rows.size() >= SEND_SIZE) await send(batch);
  };

  return {
    add(customer, again) {
      // Of a batch's lines for a customer only the last counts, so it must not lack what an earlier one has.
      const lacking = again && customer.transactions === null && batch.transactions;
      if (lacking || batch.rows.count() >= batchRows) {
        full.push(batch);
        batch = createBatch();
      }
      batch.rows.add(customer, batch.customers);
      batch.customers += 1;
      batch.repeats ||= again;
      batch.transactions ||= customer.transactions !== null;
    },
    drain,
    async finish() {
      if (batch.customers > 0) full.push(batch);
      batch = createBatch();
      await drain();
      await running;
      return stored;
    },
  };
}
