import { describe, expect, test } from 'vitest';
import {
  type CustomerFilter,
  type CustomerFilterInput,
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

function problemsOf(input: unknown) {
  const parsed = parseCustomerFilter(input);
  return 'problems' in parsed ? parsed.problems : [];
}

/** Codes and places of the problems of a filter that has only these fields besides the required ones. */
const refuse = (fields: object) =>
  problemsOf({ ...smallest, ...fields }).map(({ code, path }) => `${code} ${path.join('.')}`);

const everything: CustomerFilterInput = {
  brand: 'cartier',
  posCodes: ['P1', 'P2'],
  searchKey: ' José ',
  phoneNumber: '0039 (02) 1234-56.78',
  email: ' Ann@Example.com ',
  locationCountryIds: ['IT', 'en'],
  clientSpendingFrom: 0.1,
  clientSpendingTo: 50_000,
  creationDateFrom: '2022-01-01',
  creationDateTo: '2023-11-01',
  transactionDateFrom: '2022-01-01T10:00:00+02:00',
  transactionDateTo: '2022-01-01T08:00:00.000001Z',
  canBeContactedByMaison: false,
  birthdateMonths: [1, 12],
  interests: [{ interest: 'Art', sapInterestId: 'CA-1' }],
  hobbies: [{ hobby: 'Golf' }, { sapHobbyId: 'ART' }, { hobby: '', sapHobbyId: 'SKI' }],
  productCollections: [{ productCollection: 'Love', sapProductCollectionId: 'L' }],
  customerStatus: ['PROSPECT', 'CLIENT'],
  boosterCustomerIds: [2_147_483_647, -2_147_483_648],
  hasSapCrmError: true,
  productCategories: [{ grandCategoryId: 'g', brandCategoryId: null, subCategoryId: 's' }],
  saleRepresentativeEmails: ['Rep@x.io'],
};

const everythingUnderstood: CustomerFilter = {
  ...smallest,
  posCodes: ['P1', 'P2'],
  searchKey: 'José',
  phoneNumber: '+390212345678',
  email: 'Ann@Example.com',
  locationCountryIds: ['it', 'en'],
  clientSpendingFrom: 0.1,
  clientSpendingTo: 50_000,
  creationDateFrom: '2022-01-01T00:00:00.000Z',
  creationDateTo: '2023-11-01T23:59:59.999999Z',
  transactionDateFrom: '2022-01-01T08:00:00.000Z',
  transactionDateTo: '2022-01-01T08:00:00.000001Z',
  canBeContactedByMaison: false,
  birthdateMonths: [1, 12],
  interests: [{ interest: 'Art', sapInterestId: 'CA-1' }],
  hobbies: [{ hobby: 'Golf' }, { sapHobbyId: 'ART' }, { hobby: '', sapHobbyId: 'SKI' }],
  productCollections: [{ productCollection: 'Love', sapProductCollectionId: 'L' }],
  customerStatus: ['PROSPECT', 'CLIENT'],
  boosterCustomerIds: [2_147_483_647, -2_147_483_648],
  hasSapCrmError: true,
  productCategories: [{ grandCategoryId: 'g', subCategoryId: 's' }],
  saleRepresentativeEmails: ['Rep@x.io'],
};

describe('a filter that is understood', () => {
  test('has the names of its input and one form of every value', () => {
    expect(understand(everything)).toStrictEqual(everythingUnderstood);
  });

  test('is the same when it is read again, after having been stored as JSON', () => {
    fc.assert(
      fc.property(anyFilter, (input) => {
        const filter = understand(input);
        expect(understand(JSON.parse(JSON.stringify(filter)))).toStrictEqual(filter);
      }),
      { numRuns: 500 },
    );
  });

  test('does not filter by what is null, absent or an empty list', () => {
    const names = Object.keys(everything).filter((name) => name !== 'brand' && name !== 'posCodes');
    const nulls = Object.fromEntries(names.map((name) => [name, null]));
    const undefineds = Object.fromEntries(names.map((name) => [name, undefined]));
    const lists = Object.entries(everything).filter(
      ([name, value]) => Array.isArray(value) && name !== 'posCodes',
    );
    const empties = Object.fromEntries(lists.map(([name]) => [name, []]));
    expect(lists).toHaveLength(9);
    for (const fields of [{}, nulls, undefineds, empties]) {
      expect(understand({ ...smallest, ...fields })).toStrictEqual(smallest);
    }
  });

  test('may be an object without a prototype, as GraphQL makes them', () => {
    const bare = Object.assign(Object.create(null), smallest, { interests: [Object.create(null)] });
    expect(problemsOf(bare)).toHaveLength(2);
    bare.interests = null;
    expect(understand(bare)).toStrictEqual(smallest);
  });
});

describe('a filter that is refused', () => {
  test('is told every problem at once, each at its place', () => {
    const problems = problemsOf({
      posCodes: ['P1', null, ''],
      searchKey: ' ',
      phoneNumber: '0212345678',
      clientSpendingFrom: 2,
      clientSpendingTo: 1,
      creationDateFrom: '2023-02-29',
      transactionDateFrom: '2024-01-01T00:00:00.000001Z',
      transactionDateTo: '2024-01-01T00:00:00Z',
      birthdateMonths: [1, 0],
      interests: [{ interest: 'x', sapInterestId: 'A' }, { interest: 'x' }, null],
      hobbies: [{}, { hobby: ' ' }],
      customerStatus: ['Prospect'],
      nonsense: 1,
    });
    expect(problems.map(({ code, path }) => `${code} ${path.join('.')}`).sort()).toEqual([
      'INVALID filter.birthdateMonths.1',
      'INVALID filter.clientSpendingFrom',
      'INVALID filter.creationDateFrom',
      'INVALID filter.customerStatus.0',
      'INVALID filter.nonsense',
      'INVALID filter.phoneNumber',
      'INVALID filter.searchKey',
      'INVALID filter.transactionDateFrom',
      'REQUIRED filter.brand',
      'REQUIRED filter.hobbies.0',
      'REQUIRED filter.hobbies.1',
      'REQUIRED filter.interests.1.sapInterestId',
      'REQUIRED filter.interests.2',
      'REQUIRED filter.posCodes.1',
      'REQUIRED filter.posCodes.2',
    ]);
  });

  test('is told what is expected, with its limit, and never its own values', () => {
    const secret = 'secret-value';
    const problems = problemsOf({
      brand: { secret },
      posCodes: [`${secret}\n`, secret.repeat(20)],
      email: `${secret}\u0000`,
      phoneNumber: secret,
      creationDateFrom: secret,
      birthdateMonths: [secret],
      boosterCustomerIds: Array(10_001).fill(secret),
      locationCountryIds: secret,
    });
    const messages = problems.map((problem) => problem.message);
    expect(messages).toEqual([
      'brand must be text of 1 to 128 characters without control characters.',
      'posCodes[0] must be text of 1 to 128 characters without control characters.',
      'posCodes[1] must be text of 1 to 128 characters without control characters.',
      expect.stringMatching(/^phoneNumber must be an international phone number.*4 to 15 digits/),
      'email must be text of 1 to 320 characters without control characters.',
      'locationCountryIds must be a list of 1 to 1,000 values.',
      expect.stringMatching(/^creationDateFrom must be a date such as 2022-01-31, or an RFC 3339/),
      'birthdateMonths[0] must be a whole number from 1 to 12.',
      'boosterCustomerIds must be a list of 1 to 10,000 values.',
    ]);
  });

  test('has as many faults as there are, of which 1,000 are told', () => {
    for (const [name, fault] of [
      ['boosterCustomerIds', 'x'],
      ['birthdateMonths', 13],
    ] as const) {
      expect(refuse({ [name]: Array(999).fill(fault) })).toHaveLength(999);
    }
    const told = refuse({ boosterCustomerIds: Array(1_000).fill('x') });
    expect(told).toHaveLength(1_000);
    expect(new Set(told).has('TOO_LARGE filter')).toBe(false);
    const cut = refuse({ boosterCustomerIds: Array(1_001).fill('x') });
    expect(cut).toHaveLength(1_001);
    expect(cut.at(-1)).toBe('TOO_LARGE filter');
  });

  test('can be any JSON value at all', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
        const input: unknown = json;
        expect(problemsOf(input).length).toBeGreaterThan(0);
        expect(
          parseCustomerFilter({ ...smallest, interests: input, email: input, creationDateTo: input }),
        ).toBeDefined();
      }),
    );
    for (const input of [null, undefined, [], [smallest], 'x', 1, true]) {
      expect(problemsOf(input).map((problem) => problem.path)).toEqual([['filter']]);
    }
  });

  test.each([
    ['brand', 'REQUIRED', [null, '', '  ', undefined]],
    ['brand', 'INVALID', [1, {}, ['cartier'], 'a\nb', 'a\0', '\ud800', 'a\u0085']],
    ['brand', 'TOO_LARGE', ['x'.repeat(129), 'x'.repeat(1_000_000)]],
    ['posCodes', 'REQUIRED', [null, undefined, []]],
    ['posCodes', 'INVALID', ['P1', {}, 1]],
    ['posCodes', 'TOO_LARGE', [Array(1_001).fill('P1')]],
    ['searchKey', 'INVALID', ['', '   ', 1, 'a\tb', '\udc00']],
    ['searchKey', 'TOO_LARGE', ['é'.repeat(201), '%'.repeat(5_000)]],
    ['phoneNumber', 'INVALID', ['', '0212345678', '+123', '+1234567890123456', '+39x', 390212345678]],
    ['phoneNumber', 'TOO_LARGE', ['+'.repeat(65)]],
    ['email', 'INVALID', ['', ' ', 5, 'a@b\r\nBcc: c']],
    ['email', 'TOO_LARGE', [`${'x'.repeat(315)}@xy.io`]],
    ['locationCountryIds', 'INVALID', ['it']],
    ['locationCountryIds', 'TOO_LARGE', [Array(1_001).fill('it')]],
    ['clientSpendingFrom', 'INVALID', ['1', Number.NaN, Number.POSITIVE_INFINITY, true]],
    ['creationDateTo', 'INVALID', ['2023-02-29', 'now', '1704067200', 1704067200, '', {}]],
    ['canBeContactedByMaison', 'INVALID', ['true', 1]],
    ['boosterCustomerIds', 'TOO_LARGE', [Array(10_001).fill(1)]],
    ['saleRepresentativeEmails', 'TOO_LARGE', [Array(70_000).fill('a@b.c')]],
    ['interests', 'INVALID', [{ interest: 'x', sapInterestId: 'A' }, 'A']],
    ['interests', 'TOO_LARGE', [Array(1_001).fill({ interest: 'x', sapInterestId: 'A' })]],
  ])('what %s cannot be is %s', (name, code, values) => {
    for (const value of values) expect(refuse({ [name]: value })).toEqual([`${code} filter.${name}`]);
  });

  test.each([
    ['locationCountryIds', 'INVALID', ['i', 'ita', 'i1', 'ıt', 'ß', 'it ', 1]],
    ['birthdateMonths', 'INVALID', [0, 13, -1, 1.5, '1', Number.NaN]],
    ['boosterCustomerIds', 'INVALID', [2_147_483_648, -2_147_483_649, 1.5, '7', 1e300, true]],
    ['customerStatus', 'INVALID', ['Prospect', 'client', '', 1]],
    ['saleRepresentativeEmails', 'REQUIRED', ['', ' ', null]],
    ['posCodes', 'REQUIRED', [null, '', ' ']],
    ['interests', 'REQUIRED', [null]],
    ['interests', 'INVALID', ['A', 1, []]],
  ])('what an element of %s cannot be is %s, at its place', (name, code, values) => {
    expect(refuse({ [name]: values })).toEqual(values.map((_, index) => `${code} filter.${name}.${index}`));
  });

  test.each([
    ['interests', { interest: 'x' }, 'REQUIRED sapInterestId'],
    ['interests', { sapInterestId: 'A' }, 'REQUIRED interest'],
    ['interests', { interest: 'x', sapInterestId: ' ' }, 'REQUIRED sapInterestId'],
    ['interests', { interest: 'x'.repeat(257), sapInterestId: 'A' }, 'TOO_LARGE interest'],
    ['interests', { interest: 'x', sapInterestId: 'A', SapInterestId: 'A' }, 'INVALID SapInterestId'],
    ['hobbies', { hobby: 'Golf', sapHobbyId: '' }, 'INVALID sapHobbyId'],
    ['hobbies', { hobby: 7 }, 'INVALID hobby'],
    ['productCollections', { productCollection: 'x' }, 'REQUIRED sapProductCollectionId'],
    ['productCategories', { brandCategoryId: 'b' }, 'REQUIRED grandCategoryId'],
    ['productCategories', { grandCategoryId: 'g', categoryId: '' }, 'INVALID categoryId'],
  ])('an element of %s such as %j is %s', (name, element, expected) => {
    const [code, field] = expected.split(' ');
    expect(refuse({ [name]: [element] })).toEqual([`${code} filter.${name}.0.${field}`]);
  });

  test('has a field that does not exist, whatever it is called', () => {
    const odd = JSON.parse('{"__proto__":{"x":1},"constructor":1,"Brand":"x","toString":"x"}');
    expect(refuse(Object.fromEntries(Object.entries(odd)))).toEqual([
      'INVALID filter.__proto__',
      'INVALID filter.constructor',
      'INVALID filter.Brand',
      'INVALID filter.toString',
    ]);
    expect(Object.prototype).not.toHaveProperty('x');
  });
});

describe('limits and ranges', () => {
  test('lists and texts may be as long as their limit', () => {
    const filter = understand({
      brand: '🙂'.repeat(128),
      posCodes: Array(1_000).fill('P1'),
      searchKey: '🙂'.repeat(200),
      email: 'x'.repeat(320),
      boosterCustomerIds: Array.from({ length: 10_000 }, (_, id) => id),
    });
    expect(filter.boosterCustomerIds).toHaveLength(10_000);
  });

  test.each(['creationDate', 'transactionDate'])(
    '%s may not end before it begins, by a microsecond',
    (name) => {
      const range = (from: string, to: string) => refuse({ [`${name}From`]: from, [`${name}To`]: to });
      const refused = [`INVALID filter.${name}From`];
      expect(range('2024-01-01T00:00:00.000001Z', '2024-01-01T00:00:00Z')).toEqual(refused);
      expect(range('2024-01-02', '2024-01-01')).toEqual(refused);
      expect(range('2024-01-01T00:00:00+01:00', '2023-12-31T22:59:59.999999Z')).toEqual(refused);
      expect(range('2024-01-01', '2024-01-01')).toEqual([]);
      expect(range('2024-01-01T00:00:00.000001Z', '2024-01-01T00:00:00.000001Z')).toEqual([]);
      expect(range('2024-01-01T23:59:59.999999Z', '2024-01-01')).toEqual([]);
    },
  );

  test('spending may not end before it begins', () => {
    expect(refuse({ clientSpendingFrom: 0.30000000000000004, clientSpendingTo: 0.3 })).toEqual([
      'INVALID filter.clientSpendingFrom',
    ]);
    expect(refuse({ clientSpendingFrom: 0, clientSpendingTo: -0 })).toEqual([]);
    expect(understand({ ...smallest, clientSpendingTo: -0 }).clientSpendingTo).toBe(0);
  });
});
