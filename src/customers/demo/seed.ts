import type postgres from 'postgres';
import { loadCustomers } from '../import/load.ts';
import { writeCatalog } from './catalog.ts';
import { makeCustomer } from './customer.ts';
import { readSeed } from './random.ts';
import { createWorld } from './world.ts';

export type SeedOptions = {
  /** How many; 1 or more. */
  readonly customers: number;
  /** The one brand they are of; null = all demo Maisons. */
  readonly brand: string | null;
  /** Any text: each makes other customers. */
  readonly seed: string;
  /** Told now and then how many are made, and how many of these the database has. */
  readonly onProgress?: ((progress: { readonly made: number; readonly stored: number }) => void) | undefined;
  /** Stops it: then the database is as it was, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

export type SeedReport = {
  /** The ids of the new customers are these and all between them. */
  readonly firstId: number;
  readonly lastId: number;
};

/** The first id in an empty database. */
const FIRST_ID = 1_000_001;
const MAX_ID = 2 ** 31 - 1;
/** Made at a time. */
const PORTION = 100;

/**
 * Adds demo customers with their transactions, all or none. Their ids follow the largest that is there, and each
 * depends on seed, brand and id alone: in an empty database the same call always gives the same customers, and two
 * calls give what one for the sum would.
 * @throws {RangeError} when there are not enough ids left.
 */
export async function seedCustomers(
  url: string,
  { customers, brand, seed, onProgress, signal }: SeedOptions,
): Promise<SeedReport> {
  const world = createWorld(readSeed(seed), brand);
  let firstId = FIRST_ID;
  let made = 0;
  let stored = 0;
  const tell = () => onProgress?.({ made, stored });

  const onStored = (customers: number) => {
    stored = customers;
    tell();
  };
  await loadCustomers(url, { signal, onStored }, async ({ sql, add, drain }) => {
    firstId = await findFirstId(sql);
    if (firstId + customers - 1 > MAX_ID) throw new RangeError(`There are no ${customers} ids left.`);
    await writeCatalog(sql, world);
    while (made < customers) {
      for (let n = 0; n < PORTION && made < customers; n += 1) {
        add(makeCustomer(world, firstId + made));
        made += 1;
      }
      tell();
      await drain();
    }
  });
  return { firstId, lastId: firstId + customers - 1 };
}

async function findFirstId(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ next: number | null }[]>`
    select max(booster_customer_id)::float8 + 1 as next from customers`;
  return Math.max(row?.next ?? FIRST_ID, FIRST_ID);
}
