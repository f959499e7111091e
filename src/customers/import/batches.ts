import { setImmediate as turn } from 'node:timers/promises';
import type { CustomerLine } from '../customer-line.ts';
import type { Store } from './store.ts';

export type BatchOptions = {
  /** Rows of a batch, those of lists included, after which another begins. */
  readonly batchRows: number;
  /** Told how many customers were added and are stored, after every batch. */
  readonly onStored?: ((customers: number) => void) | undefined;
};

/** Customers on their way into the database, a batch at a time. */
export type Batches = {
  /** Adds a customer, or replaces it. `size`: characters that it may take, where that is not known to be a few hundred. */
  readonly add: (customer: CustomerLine, size?: number) => void;
  /** Lets the server have what waits for it, and waits when it is behind; to be called every hundred customers. */
  readonly drain: () => Promise<void>;
  /** Stores what is left, and says how many customers were added. */
  readonly finish: () => Promise<number>;
};

/** Customers that are stored together. */
type Growing = { readonly customers: Map<number, CustomerLine>; added: number; rows: number; size: number };

const createBatch = (): Growing => ({ customers: new Map(), added: 0, rows: 0, size: 0 });

/** Characters of a batch, so that it takes the same memory whatever is in it. */
const MAX_SIZE = 16 * 1024 * 1024;

/** Customers added one after the other have the same effect whatever the size of a batch. */
export function createBatches(store: Store, { batchRows, onStored }: BatchOptions): Batches {
  let batch = createBatch();
  /** Those before it, which wait to be stored. */
  const full: Growing[] = [];
  let stored = 0;
  /** What the server is at: the next batch is made meanwhile, but no more than that. */
  let running: Promise<void> = Promise.resolve();

  const close = () => {
    full.push(batch);
    batch = createBatch();
  };

  const drain = async () => {
    for (let first = full.shift(); first; first = full.shift()) {
      const { customers, added } = first;
      const write = store(customers);
      await running;
      running = write().then(() => {
        stored += added;
        onStored?.(stored);
      });
      running.catch(() => {}); // told to whoever comes next
    }
    // Sockets get their turn: otherwise the server would wait for its next rows until the next batch is made.
    await turn();
  };

  return {
    add(customer, size = 0) {
      const { boosterCustomerId: id, transactions } = customer;
      // Of a batch's lines for a customer only the last counts, so it must not lack what an earlier one has.
      if (transactions === null && batch.customers.get(id)?.transactions) close();
      batch.customers.set(id, customer);
      batch.added += 1;
      batch.rows += countRows(customer);
      batch.size += size;
      if (batch.rows >= batchRows || batch.size >= MAX_SIZE) close();
    },
    drain,
    async finish() {
      if (batch.added > 0) close();
      await drain();
      await running;
      return stored;
    },
  };
}

function countRows({ interests, hobbies, productCollections, transactions }: CustomerLine): number {
  return 1 + interests.length + hobbies.length + productCollections.length + (transactions?.length ?? 0);
}
