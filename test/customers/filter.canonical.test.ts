import { expect, test } from 'vitest';
import {
  type CustomerFilter,
  type CustomerFilterInput,
  canonicalFilter,
  parseCustomerFilter,
} from '../../src/customers/filter.ts';
import { fc } from '../support/fast-check.ts';
import { anyFilter } from './filter/arbitrary.ts';

const smallest = { brand: 'cartier', posCodes: ['P1'] };

function understand(input: unknown): CustomerFilter {
  const parsed = parseCustomerFilter(input);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.filter;
}

const canonical = (input: CustomerFilterInput) => canonicalFilter(understand({ ...smallest, ...input }));
const same = (one: CustomerFilterInput, other: CustomerFilterInput) => {
  expect(canonical(one)).toStrictEqual(canonical(other));
  expect(JSON.stringify(canonical(one))).toBe(JSON.stringify(canonical(other)));
};

test('the canonical filter is one for filters that mean the same', () => {
  same({ posCodes: ['P2', 'P1', 'P2'] }, { posCodes: ['P1', 'P2'] });
  same({ searchKey: ' JOSÉ ' }, { searchKey: 'josé' });
  same({ email: ' A@B.C' }, { email: 'a@b.c' });
  same({ phoneNumber: '0039 02 1234' }, { phoneNumber: '+39021234' });
  same({ locationCountryIds: ['IT', 'en', 'it'] }, { locationCountryIds: ['en', 'it'] });
  same({ creationDateTo: '2024-02-29' }, { creationDateTo: '2024-03-01T00:59:59.999999+01:00' });
  same({ creationDateFrom: '2024-02-29' }, { creationDateFrom: '2024-02-29T00:00:00' });
  same({ birthdateMonths: [10, 2, 10] }, { birthdateMonths: [2, 10] });
  same({ interests: [] }, { interests: null, email: null });
  same(
    {
      interests: [
        { interest: 'x', sapInterestId: 'B' },
        { interest: 'y', sapInterestId: 'A' },
      ],
    },
    { interests: ['A', 'B', 'A'].map((id) => ({ interest: 'z', sapInterestId: id })) },
  );
  same(
    { hobbies: [{ hobby: 'GOLF' }, { hobby: 'x', sapHobbyId: 'A' }] },
    { hobbies: [{ sapHobbyId: 'A' }, { hobby: 'golf' }, { hobby: 'Golf' }] },
  );
  same(
    { productCollections: [{ productCollection: 'x', sapProductCollectionId: 'A' }] },
    { productCollections: [{ productCollection: 'y', sapProductCollectionId: 'A' }] },
  );
  same({ customerStatus: ['CLIENT', 'PROSPECT', 'CLIENT'] }, { customerStatus: ['PROSPECT', 'CLIENT'] });
  same({ boosterCustomerIds: [10, 9, 10] }, { boosterCustomerIds: [9, 10] });
  same(
    { productCategories: [{ grandCategoryId: 'g' }, { grandCategoryId: 'a', categoryId: 'c' }] },
    {
      productCategories: [
        { categoryId: 'c', grandCategoryId: 'a', subCategoryId: null },
        { grandCategoryId: 'g' },
      ],
    },
  );
  same({ saleRepresentativeEmails: ['B@x', 'a@x'] }, { saleRepresentativeEmails: ['A@X', 'b@x', 'a@x'] });
  same({ clientSpendingFrom: -0 }, { clientSpendingFrom: 0 });
});

test('the canonical filter differs where the meaning does', () => {
  const different: CustomerFilterInput[] = [
    {},
    { brand: 'Cartier' },
    { posCodes: ['p1'] },
    { searchKey: 'jose' },
    { searchKey: 'josé' },
    { email: 'jose' },
    { clientSpendingFrom: 0 },
    { clientSpendingTo: 0 },
    { creationDateFrom: '2024-01-01' },
    { creationDateTo: '2024-01-01' },
    { transactionDateFrom: '2024-01-01' },
    { transactionDateTo: '2024-01-01' },
    { transactionDateTo: '2024-01-01T23:59:59.999Z' },
    { canBeContactedByMaison: false },
    { canBeContactedByMaison: true },
    { hasSapCrmError: false },
    { interests: [{ interest: 'x', sapInterestId: 'A' }] },
    { interests: [{ interest: 'x', sapInterestId: 'a' }] },
    { productCollections: [{ productCollection: 'x', sapProductCollectionId: 'A' }] },
    { hobbies: [{ hobby: 'a' }] },
    { hobbies: [{ sapHobbyId: 'a' }] },
    { hobbies: [{ hobby: 'á' }] },
    { productCategories: [{ grandCategoryId: 'g', categoryId: 'c' }] },
    { productCategories: [{ grandCategoryId: 'g', subCategoryId: 'c' }] },
    { productCategories: [{ grandCategoryId: 'g' }, { grandCategoryId: 'c' }] },
    { boosterCustomerIds: [1, 12] },
    { boosterCustomerIds: [11, 2] },
    { customerStatus: ['CLIENT'] },
    { customerStatus: ['PROSPECT'] },
    { birthdateMonths: [1] },
    { locationCountryIds: ['it'] },
    { saleRepresentativeEmails: ['it'] },
    { phoneNumber: '+39021234' },
  ];
  const texts = different.map((input) => JSON.stringify(canonical(input)));
  expect(new Set(texts).size).toBe(different.length);
});

test('the canonical filter of any filter is its own again after storing, and of its lists in another order', () => {
  fc.assert(
    fc.property(anyFilter, (input) => {
      const filter = understand(input);
      const turned = Object.fromEntries(
        Object.entries(filter)
          .map(([name, value]) => [name, Array.isArray(value) ? [...value, ...value].reverse() : value])
          .reverse(),
      );
      expect(canonicalFilter(understand(turned))).toStrictEqual(canonicalFilter(filter));
    }),
    { numRuns: 300 },
  );
});
