import { PgDialect } from 'drizzle-orm/pg-core';
import { describe, expect, test } from 'vitest';
import type { CustomerFilterInput } from '../../../src/customers/filter.ts';
import { openSnapshot } from '../../../src/db/snapshot.ts';
import { customers } from '../../../src/db/tables.ts';
import type { Category } from './oracle.ts';
import { anything, sale, selectIds, useCustomers, where } from './store.ts';

const { db, url, store, select } = useCustomers();

describe('brand and posCodes', () => {
  test('leave other brands and points of sale out, and mind the case of their codes', async () => {
    await store(
      {},
      { brand: 'Cartier' },
      { brand: "d'or" },
      { posCode: 'P2' },
      { posCode: 'p1' },
      { posCode: ' P1' },
      { posCode: 'P%' },
    );
    expect(await select({})).toEqual([1]);
    expect(await select({ posCodes: ['P2', 'p1'] })).toEqual([4, 5]);
    expect(await select({ posCodes: ['P%'] })).toEqual([7]);
    expect(await select({ brand: "d'or" })).toEqual([3]);
  });
});

describe('dates', () => {
  const creationDates = [
    '2024-02-28T23:59:59.999999Z',
    '2024-02-29T00:00:00Z',
    '2024-02-29T23:59:59.999999Z',
    '2024-03-01T00:00:00Z',
  ];

  test('a bare date begins with its first instant and ends with its last', async () => {
    await store(...creationDates.map((creationDate) => ({ creationDate })));
    expect(await select({ creationDateFrom: '2024-02-29', creationDateTo: '2024-02-29' })).toEqual([2, 3]);
    expect(await select({ creationDateFrom: '2024-02-29' })).toEqual([2, 3, 4]);
    expect(await select({ creationDateTo: '2024-02-28' })).toEqual([1]);
    expect(await select({ creationDateTo: '2024-02-29T00:00:00Z' })).toEqual([1, 2]);
  });

  test('instants are compared to the microsecond, from whichever offset', async () => {
    await store(...creationDates.map((creationDate) => ({ creationDate })));
    expect(await select({ creationDateTo: '2024-02-29T23:59:59.999998Z' })).toEqual([1, 2]);
    expect(await select({ creationDateTo: '2024-03-01T05:29:59.999999+05:30' })).toEqual([1, 2, 3]);
    expect(await select({ creationDateFrom: '2024-02-28T18:59:59.999999-05:00' })).toEqual([1, 2, 3, 4]);
    expect(await select({ creationDateFrom: '2024-02-29T23:59:59.999999' })).toEqual([3, 4]);
  });

  test('the connections that exports read from keep the microseconds too', async () => {
    await store(...creationDates.map((creationDate) => ({ creationDate })));
    await using snapshot = await openSnapshot(url, {
      readers: 1,
      name: 'filter test',
      signal: new AbortController().signal,
    });
    const rows = await snapshot.readers[0].read(
      selectIds({ creationDateFrom: '2024-02-29T00:00:00.000001Z', creationDateTo: '2024-02-29' }),
    );
    expect(rows.map(([id]) => id?.readInt32BE())).toEqual([3]);
  });

  test('the first and the last year are in range', async () => {
    await store({ creationDate: '0001-01-01T00:00:00Z' }, { creationDate: '9999-12-31T23:59:59.999999Z' });
    expect(await select({ creationDateFrom: '0001-01-01', creationDateTo: '9999-12-31' })).toEqual([1, 2]);
  });

  test('a birthday on 29 February is in February, and an unknown one in no month', async () => {
    await store({ birthdate: '1980-02-29' }, { birthdate: '1980-03-01' }, { birthdate: null });
    expect(await select({ birthdateMonths: [2] })).toEqual([1]);
    expect(await select({ birthdateMonths: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] })).toEqual([1, 2]);
  });
});

describe('spending and transactions', () => {
  test('spending of exactly the bound is in range, at either end', async () => {
    await store({ givenSpending: 9_999n }, { givenSpending: 10_000n }, { givenSpending: 10_001n });
    expect(await select({ clientSpendingFrom: 100 })).toEqual([2, 3]);
    expect(await select({ clientSpendingTo: 100 })).toEqual([1, 2]);
    expect(await select({ clientSpendingFrom: 100, clientSpendingTo: 100 })).toEqual([2]);
  });

  test('spending is compared as a decimal', async () => {
    await store(
      { givenSpending: 10n },
      {
        transactions: [
          { ...sale, amount: 10n },
          { ...sale, amount: 20n },
        ],
      },
      { givenSpending: -5n },
    );
    expect(await select({ clientSpendingFrom: 0.1, clientSpendingTo: 0.1 })).toEqual([1]);
    expect(await select({ clientSpendingFrom: 0.3 })).toEqual([2]);
    expect(await select({ clientSpendingFrom: 0.1 + 0.2 })).toEqual([]);
    expect(await select({ clientSpendingFrom: -1e300, clientSpendingTo: 1e-7 })).toEqual([3]);
    expect(await select({ clientSpendingTo: 1e21 })).toEqual([1, 2, 3]);
  });

  test('spending is compared to the cent where a binary number no longer tells cents apart', async () => {
    await store({ givenSpending: 9_007_199_254_740_990n }, { givenSpending: 9_007_199_254_740_991n });
    expect(await select({ clientSpendingTo: 90_071_992_547_409.9 })).toEqual([1]);
  });

  test('a customer without transactions has the spending given and no transaction date', async () => {
    await store({ givenSpending: 500n }, { givenSpending: 0n, transactions: [sale] });
    await db.update(customers).set({ lastTransactionDate: new Date('2023-06-01') });
    expect(await select({ clientSpendingFrom: 5 })).toEqual([1]);
    expect(await select({ clientSpendingTo: 0 })).toEqual([]);
    expect(await select({ transactionDateFrom: '0001-01-01' })).toEqual([2]);
    expect(await select({ transactionDateTo: '9999-12-31' })).toEqual([2]);
  });

  test('one transaction must lie between both dates; what it cost does not matter', async () => {
    const on = (...days: string[]) => ({
      transactions: days.map((day) => ({ ...sale, transactionDate: `${day}T12:00:00Z` })),
    });
    await store(on('2023-01-01', '2023-12-31'), on('2023-06-30'), on('2023-07-01', '2020-01-01'));
    expect(await select({ transactionDateFrom: '2023-06-01', transactionDateTo: '2023-06-30' })).toEqual([2]);
    expect(await select({ transactionDateFrom: '2023-12-31' })).toEqual([1]);
    expect(
      await select({
        transactionDateFrom: '2023-06-01',
        transactionDateTo: '2023-07-31',
        clientSpendingFrom: 2,
      }),
    ).toEqual([3]);
  });

  const category = {
    brandCategoryId: 'b',
    grandCategoryId: 'g',
    masterCategoryId: 'm',
    categoryId: 'c',
    subCategoryId: 's',
  };

  test('a category is found by one to five of its ids, and by no wrong one', async () => {
    await store(
      { transactions: [{ ...sale, category }] },
      { transactions: [{ ...sale, category: { ...anything, grandCategoryId: 'g' } }] },
      { transactions: [{ ...sale, category: { ...category, grandCategoryId: 'other' } }] },
    );
    expect(await select({ productCategories: [{ grandCategoryId: 'g' }] })).toEqual([1, 2]);
    const others = ['brandCategoryId', 'masterCategoryId', 'categoryId', 'subCategoryId'] as const;
    let wanted: Partial<typeof category> & { grandCategoryId: string } = { grandCategoryId: 'g' };
    for (const key of others) {
      wanted = { ...wanted, [key]: category[key] };
      expect(await select({ productCategories: [wanted] })).toEqual([1]);
      expect(await select({ productCategories: [{ ...wanted, [key]: 'wrong' }] })).toEqual([]);
    }
  });

  test('all ids of a category must be of one transaction; several categories are alternatives', async () => {
    const bought = (ids: Partial<Category>) => ({ ...sale, category: { ...anything, ...ids } });
    await store(
      {
        transactions: [
          bought({ grandCategoryId: 'g', categoryId: 'x' }),
          bought({ grandCategoryId: 'h', categoryId: 'c' }),
        ],
      },
      { transactions: [bought({ grandCategoryId: 'g', categoryId: 'c' })] },
    );
    expect(await select({ productCategories: [{ grandCategoryId: 'g', categoryId: 'c' }] })).toEqual([2]);
    expect(
      await select({
        productCategories: [
          { grandCategoryId: 'g', categoryId: 'x' },
          { grandCategoryId: 'g', categoryId: 'c', subCategoryId: null },
        ],
      }),
    ).toEqual([1, 2]);
  });
});

describe('interests, hobbies and collections', () => {
  test('the SAP id decides, not what the caller calls it', async () => {
    await store({ interests: ['CA-1'] }, { interests: ['CA-2', 'X'] }, { productCollections: ['CA-1'] });
    const named = { interest: 'label', sapInterestId: 'CA-1' };
    expect(await select({ interests: [named] })).toEqual([1]);
    expect(await select({ interests: [named, { interest: '', sapInterestId: 'X' }] })).toEqual([1, 2]);
    expect(await select({ interests: [{ interest: 'CA-1', sapInterestId: 'ca-1' }] })).toEqual([]);
    expect(
      await select({ productCollections: [{ productCollection: 'x', sapProductCollectionId: 'CA-1' }] }),
    ).toEqual([3]);
  });

  test('a hobby without an id is found by its text, ignoring case', async () => {
    await store(
      { hobbies: [{ hobby: 'Économie', sapHobbyId: null }] },
      { hobbies: [{ hobby: 'Golf', sapHobbyId: 'GOLF' }] },
      { hobbies: [{ hobby: null, sapHobbyId: 'économie' }] },
      { hobbies: [{ hobby: 'Economie', sapHobbyId: null }] },
    );
    expect(await select({ hobbies: [{ hobby: 'éCONOMIE' }] })).toEqual([1]);
    expect(await select({ hobbies: [{ hobby: 'golf' }, { sapHobbyId: 'économie' }] })).toEqual([2, 3]);
    expect(await select({ hobbies: [{ hobby: 'Économie', sapHobbyId: 'GOLF' }] })).toEqual([2]);
  });

  test('ids that SQL or its arrays could misread are taken as they are', async () => {
    const odd = ['NULL', '{a,b}', '"', '\\', "'", 'é', ' x', '%', '$1', "'); drop table customers; --"];
    await store(...odd.map((id) => ({ interests: [id] })));
    for (const [index, id] of odd.entries()) {
      expect(await select({ interests: [{ interest: 'x', sapInterestId: id }] })).toEqual([index + 1]);
    }
  });
});

describe('flags and lists', () => {
  test('false filters, unlike an absent flag', async () => {
    await store({ canBeContactedByMaison: true }, { hasSapCrmError: true }, {});
    expect(await select({ canBeContactedByMaison: false })).toEqual([2, 3]);
    expect(await select({ hasSapCrmError: false })).toEqual([1, 3]);
    expect(await select({ hasSapCrmError: true, canBeContactedByMaison: true })).toEqual([]);
    expect(await select({ hasSapCrmError: null })).toEqual([1, 2, 3]);
  });

  test('countries ignore case, and statuses are Prospect and Client in the table', async () => {
    await store({ locationCountryId: 'IT' }, { locationCountryId: 'it' }, { customerStatus: 'Prospect' });
    expect(await select({ locationCountryIds: ['iT', 'zz'] })).toEqual([1, 2]);
    expect(await select({ customerStatus: ['PROSPECT'] })).toEqual([3]);
    expect(await select({ customerStatus: ['CLIENT', 'PROSPECT'] })).toEqual([1, 2, 3]);
  });

  test('duplicates in lists and several matching elements select a customer once', async () => {
    await store({ interests: ['A', 'B'], transactions: [sale, sale] }, {});
    const interests = ['A', 'B', 'A'].map((id) => ({ interest: 'x', sapInterestId: id }));
    expect(await select({ posCodes: ['P1', 'P1'], interests, boosterCustomerIds: [1, 1, 1] })).toEqual([1]);
    expect(await select({ transactionDateFrom: '2000-01-01' })).toEqual([1]);
  });

  test('ten thousand ids are one parameter', async () => {
    await store({ boosterCustomerId: 5 }, { boosterCustomerId: 9_999 }, { boosterCustomerId: 10_001 });
    const ids = Array.from({ length: 10_000 }, (_, n) => n);
    expect(await select({ boosterCustomerIds: ids })).toEqual([5, 9_999]);
    expect(new PgDialect().sqlToQuery(where({ boosterCustomerIds: ids })).params).toHaveLength(3);
  });
});

describe('a key range', () => {
  const childFilters: CustomerFilterInput = {
    interests: [{ interest: 'x', sapInterestId: 'A' }],
    hobbies: [{ hobby: 'golf' }],
    productCollections: [{ productCollection: 'x', sapProductCollectionId: 'C' }],
    transactionDateFrom: '2000-01-01',
    productCategories: [{ grandCategoryId: 'g' }],
  };

  test('leaves the customers after its start, up to and including its end', async () => {
    const whole = {
      interests: ['A'],
      hobbies: [{ hobby: 'Golf', sapHobbyId: null }],
      productCollections: ['C'],
      transactions: [{ ...sale, category: { ...anything, grandCategoryId: 'g' } }],
    };
    await store(whole, whole, whole, whole);
    for (const filter of [{}, childFilters]) {
      expect(await select(filter, { first: 2, last: 3 })).toEqual([2, 3]);
      expect(await select(filter, { first: -1, last: 1 })).toEqual([1]);
      expect(await select(filter, { first: 4, last: 9 })).toEqual([4]);
      expect(await select(filter, { first: 1, last: 4 })).toEqual([1, 2, 3, 4]);
      expect(await select(filter, { first: 5, last: 4 })).toEqual([]);
    }
  });

  test('bounds every child table as well, so that none is read whole', () => {
    const { sql: text, params } = new PgDialect({ casing: 'snake_case' }).sqlToQuery(
      where(childFilters, { first: 111, last: 222 }),
    );
    const tables = ['customers', 'customer_interests', 'customer_hobbies', 'customer_product_collections'];
    for (const table of [...tables, 'transactions']) {
      expect(text).toContain(`"${table}"."booster_customer_id" between $`);
    }
    expect(params.filter((value) => value === 111)).toHaveLength(6);
    expect(params.filter((value) => value === 222)).toHaveLength(6);
  });
});
