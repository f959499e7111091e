import { type SQL, sql } from 'drizzle-orm';
import { beforeAll, beforeEach } from 'vitest';
import { customerWhere, type KeyRange } from '../../../src/customers/filter/where.ts';
import { type CustomerFilterInput, parseCustomerFilter } from '../../../src/customers/filter.ts';
import { customers } from '../../../src/db/tables.ts';
import { useDatabase } from '../../support/postgres.ts';
import { insertCustomers, insertPlaces } from './dataset.ts';
import type { Category, TestCustomer } from './oracle.ts';

const someone: TestCustomer = {
  boosterCustomerId: 1,
  sapCrmId: null,
  brand: 'cartier',
  posCode: 'P1',
  firstName: null,
  lastName: null,
  email: null,
  phoneNumber: null,
  callingCode: '',
  locationCountryId: null,
  birthdate: null,
  creationDate: '2020-01-01T00:00:00Z',
  customerStatus: 'Client',
  canBeContactedByMaison: false,
  hasSapCrmError: false,
  givenSpending: 0n,
  saleRepresentativeEmail: null,
  interests: [],
  hobbies: [],
  productCollections: [],
  transactions: [],
};
export const anything: Category = {
  brandCategoryId: null,
  grandCategoryId: null,
  masterCategoryId: null,
  categoryId: null,
  subCategoryId: null,
};
export const sale = { transactionDate: '2023-06-01T00:00:00Z', amount: 100n, category: anything };

export function where(filter: CustomerFilterInput, range?: KeyRange): SQL {
  const parsed = parseCustomerFilter({ brand: 'cartier', posCodes: ['P1'], ...filter });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return customerWhere(parsed.filter, range);
}

export function selectIds(filter: CustomerFilterInput, range?: KeyRange): SQL {
  return sql`select ${customers.boosterCustomerId} as id from ${customers} where ${where(filter, range)} order by 1`;
}

/** A database with the brands and points of sale, and before each test no customers. */
export function useCustomers() {
  const { db, url } = useDatabase();
  beforeAll(() => insertPlaces(db));
  beforeEach(async () => {
    await db.delete(customers);
  });
  return {
    db,
    url,
    /** Stores one customer of `cartier` in `P1` for each, with the ids 1, 2, 3, … unless told otherwise. */
    store: (...some: readonly Partial<TestCustomer>[]) =>
      insertCustomers(
        db,
        some.map((given, index) => ({ ...someone, boosterCustomerId: index + 1, ...given })),
      ),
    /** The ids that a filter selects of them. */
    select: async (filter: CustomerFilterInput, range?: KeyRange) => {
      const rows = await db.execute<{ id: number }>(selectIds(filter, range));
      return rows.map((row) => row.id);
    },
  };
}
