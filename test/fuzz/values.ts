import fc from 'fast-check';

/** Stands in everything that no caller may see. */
export const canary = 'kanarienvogel';
/** A value of the caller's own, which no refusal may repeat. */
export const personal = 'zoë.9731@x.example';

/** What breaks programs. */
const oddTexts = [
  personal,
  personal,
  personal,
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202e',
  '٣',
  '🛍️',
  '%',
  '_',
  '\\',
  "'",
  '"',
  '`',
  "' or 1=1 --",
  '$1',
  '#{x}',
  '{{7*7}}',
  '../../etc/passwd',
  '%00',
  '\r\nx: y',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'NaN',
  'infinity',
  '-0',
  '1e400',
  '2024-02-30',
  '2024-01-01',
  '2024-01-01T24:00:00Z',
  '/Date(1)/',
  '/Date(99999999999999999)/',
  '+',
  '+39',
  '00',
  'a@b',
  'x'.repeat(400),
  '00000000-0000-0000-0000-000000000000',
  'cartier',
  'piaget',
  'P1',
  'P2',
  '*',
  '[]',
  '{}',
  'true',
];
const oddNumbers = [
  0,
  -0,
  1,
  -1,
  12,
  13,
  0.1,
  1e21,
  -1e21,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
  2 ** 53,
  1e308,
];

export const text = fc.oneof(
  fc.constantFrom(...oddTexts),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 20 }),
);
const scalar = fc.oneof(
  text,
  fc.constantFrom(...oddNumbers),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
export const json = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.dictionary(text, scalar, { maxKeys: 4 }) },
);

export const filterNames = [
  'brand',
  'posCodes',
  'searchKey',
  'phoneNumber',
  'email',
  'locationCountryIds',
  'clientSpendingFrom',
  'clientSpendingTo',
  'creationDateFrom',
  'creationDateTo',
  'transactionDateFrom',
  'transactionDateTo',
  'canBeContactedByMaison',
  'birthdateMonths',
  'interests',
  'hobbies',
  'productCollections',
  'customerStatus',
  'boosterCustomerIds',
  'hasSapCrmError',
  'productCategories',
  'saleRepresentativeEmails',
];
const goodValues: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  brand: fc.constantFrom('cartier', 'piaget', 'rolex'),
  posCodes: fc.subarray(['P1', 'P2', 'P9'], { minLength: 1 }),
  searchKey: text,
  phoneNumber: fc.constantFrom('+39 333 1234567', '0039333', '+1'),
  email: fc.emailAddress(),
  locationCountryIds: fc.array(fc.constantFrom('it', 'FR', 'xx'), { maxLength: 3 }),
  clientSpendingFrom: fc.double({ noNaN: true }),
  creationDateFrom: fc.constantFrom(
    '2024-01-01',
    '2024-01-01T00:00:00.123456+02:00',
    '0001-01-01',
    '9999-12-31',
  ),
  creationDateTo: fc.constantFrom('2024-01-01', '9999-12-31T23:59:59Z', '0001-01-01'),
  transactionDateFrom: fc.constantFrom('2024-01-01', '0001-01-01T00:00:00Z'),
  canBeContactedByMaison: fc.boolean(),
  birthdateMonths: fc.array(fc.integer({ min: 0, max: 13 }), { maxLength: 4 }),
  interests: fc.array(fc.record({ interest: text, sapInterestId: text }), { maxLength: 3 }),
  hobbies: fc.array(fc.record({ hobby: text, sapHobbyId: text }, { requiredKeys: [] }), { maxLength: 3 }),
  productCollections: fc.array(fc.record({ productCollection: text, sapProductCollectionId: text }), {
    maxLength: 3,
  }),
  customerStatus: fc.subarray(['PROSPECT', 'CLIENT', 'Client']),
  boosterCustomerIds: fc.array(fc.integer(), { maxLength: 20 }),
  productCategories: fc.array(fc.record({ grandCategoryId: text, subCategoryId: text }), { maxLength: 3 }),
  saleRepresentativeEmails: fc.array(text, { maxLength: 3 }),
};

/** A filter of which most is right, so that what is wrong gets far. */
export const filter = fc
  .tuple(
    fc.subarray(filterNames),
    fc.array(fc.tuple(fc.oneof(fc.constantFrom(...filterNames), text), json), { maxLength: 2 }),
  )
  .chain(([names, odd]) =>
    fc
      .tuple(...names.map((name) => fc.tuple(fc.constant(name), goodValues[name] ?? json)))
      .map((good): [string, unknown][] => [['brand', 'cartier'], ['posCodes', ['P1']], ...good, ...odd]),
  )
  .map((entries) => Object.fromEntries(entries));
/** The id of an export, or none. */
export const id = fc.oneof(fc.uuid(), text);
