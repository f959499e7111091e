/** Stands in every value that is not a code of the caller's own world; no answer may repeat it. */
export const canary = 'Kanarienvogel';

/** One bad request: what is laid over a good input, and what must come of it. */
export type BadRequest = {
  readonly name: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly filter?: Readonly<Record<string, unknown>>;
  /** Either `CODE path` of each userError, in any order, … */
  readonly userErrors?: readonly string[];
  /** … or the places in the variables that the GraphQL types refuse. */
  readonly badUserInput?: readonly string[];
};

const many = (count: number, value: unknown) => Array.from({ length: count }, () => value);

function filters(
  field: string,
  code: 'INVALID' | 'REQUIRED' | 'TOO_LARGE' | 'NOT_FOUND',
  values: Readonly<Record<string, unknown>>,
  path = field,
): BadRequest[] {
  return Object.entries(values).map(([name, value]) => ({
    name: `${field}: ${name}`,
    filter: { [field]: value },
    userErrors: [`${code} filter.${path}`],
  }));
}

function types(field: string, values: Readonly<Record<string, unknown>>, path = field): BadRequest[] {
  return Object.entries(values).map(([name, value]) => ({
    name: `${field}: ${name}`,
    filter: { [field]: value },
    badUserInput: [`$input.filter.${path}`],
  }));
}

function requestIds(
  code: 'INVALID' | 'REQUIRED' | 'TOO_LARGE',
  values: Readonly<Record<string, string>>,
): BadRequest[] {
  return Object.entries(values).map(([name, downloadRequestId]) => ({
    name: `downloadRequestId: ${name}`,
    input: { downloadRequestId },
    userErrors: [`${code} downloadRequestId`],
  }));
}

const dates = {
  'a day that is not in the calendar': '2023-02-29',
  'a thirteenth month': '2024-13-01',
  'the year zero': '0000-00-00',
  'a year of two digits': '24-01-01',
  'a word of PostgreSQL’s': 'infinity',
  'another word of PostgreSQL’s': 'now',
  'twenty-four o’clock': '2024-01-01T24:00:00Z',
  'a leap second': '2024-06-30T23:59:60Z',
  'no seconds': '2024-01-01T10:00Z',
  'an offset of 99 hours': '2024-01-01T10:00:00+99:00',
  'a number as text': '1704067200',
  'a year of five digits': '10000-01-01',
  'a zone by name': '2024-03-31T02:30:00 Europe/Rome',
  'a text': canary,
  'an empty text': '',
};

export const badRequests: readonly BadRequest[] = [
  ...requestIds('REQUIRED', { empty: '', 'spaces alone': '   ' }),
  ...requestIds('TOO_LARGE', {
    '129 characters': 'x'.repeat(129),
    '100,000 characters': canary.repeat(8_000),
  }),
  ...requestIds('INVALID', {
    'a NUL': `${canary}\u0000`,
    'a line break': `${canary}\n`,
    'a carriage return': `${canary}\r`,
    'a tab': `\t${canary}`,
    'half a surrogate pair': `${canary}\ud800`,
  }),
  ...[5, true, {}, [canary, canary], null].map(
    (downloadRequestId): BadRequest => ({
      name: `downloadRequestId: ${JSON.stringify(downloadRequestId)}`,
      input: { downloadRequestId },
      badUserInput: ['$input.downloadRequestId'],
    }),
  ),
  { name: 'downloadRequestId: missing', input: { downloadRequestId: undefined }, badUserInput: ['$input'] },
  { name: 'filter: missing', input: { filter: undefined }, badUserInput: ['$input'] },
  { name: 'filter: a text', input: { filter: canary }, badUserInput: ['$input.filter'] },
  { name: 'a field that there is not', input: { format: canary }, badUserInput: ['$input'] },
  { name: 'a filter that there is not', filter: { fullName: canary }, badUserInput: ['$input.filter'] },
  {
    name: '__proto__ as a filter',
    filter: JSON.parse(`{"__proto__":{"brand":"${canary}"}}`),
    badUserInput: ['$input.filter'],
  },
  { name: 'constructor as a filter', filter: { constructor: canary }, badUserInput: ['$input.filter'] },
  {
    name: 'compression: of the wrong case',
    input: { compression: 'gzip' },
    badUserInput: ['$input.compression'],
  },
  { name: 'compression: null', input: { compression: null }, badUserInput: ['$input.compression'] },

  ...filters('brand', 'NOT_FOUND', {
    unknown: canary,
    'in the wrong case': 'CARTIER',
    'followed by a space': 'cartier ',
    encoded: 'cartier%20',
    'a path': '../cartier',
    SQL: "cartier' or 1=1 --",
  }),
  ...filters('brand', 'REQUIRED', { empty: '' }),
  ...filters('brand', 'INVALID', { 'with a NUL': 'cartier\u0000' }),
  ...filters('brand', 'TOO_LARGE', { 'of 129 characters': 'c'.repeat(129) }),
  ...filters('posCodes', 'REQUIRED', { 'an empty list': [] }),
  ...filters('posCodes', 'TOO_LARGE', {
    '1,001 codes': many(1_001, 'P1'),
    '20,000 codes': many(20_000, 'P1'),
  }),
  ...filters(
    'posCodes',
    'NOT_FOUND',
    { 'an unknown code': ['P1', 'P9'], 'one of another brand': ['P1', 'P3'] },
    'posCodes.1',
  ),
  ...filters('posCodes', 'REQUIRED', { 'an empty code': [''] }, 'posCodes.0'),
  ...types('posCodes', { 'a null': [null], 'an object': [{ canary }] }, 'posCodes[0]'),

  ...filters('searchKey', 'TOO_LARGE', {
    '201 characters': canary.repeat(20),
    '5,000 wildcards': '%'.repeat(5_000),
  }),
  ...filters('searchKey', 'INVALID', { empty: '', 'spaces alone': '  ', 'with a NUL': `${canary}\u0000` }),
  ...filters('email', 'TOO_LARGE', { '321 characters': canary.repeat(30) }),
  ...filters('email', 'INVALID', { empty: '', 'with a line break': `${canary}@example.com\r\nbcc: x` }),
  ...filters('phoneNumber', 'INVALID', {
    'without a country': '0123456',
    'a text': canary,
    empty: '',
    'a plus alone': '+',
  }),
  ...filters('phoneNumber', 'TOO_LARGE', { '65 characters': `+${'1'.repeat(64)}` }),
  ...filters(
    'locationCountryIds',
    'INVALID',
    { 'three letters': ['it', 'ITA'], digits: ['it', '12'], 'an empty one': ['it', ''] },
    'locationCountryIds.1',
  ),
  ...filters('saleRepresentativeEmails', 'TOO_LARGE', { '1,001 values': many(1_001, canary) }),
  ...filters(
    'saleRepresentativeEmails',
    'TOO_LARGE',
    { 'one of 321 characters': [canary.repeat(30)] },
    'saleRepresentativeEmails.0',
  ),

  ...types(
    'birthdateMonths',
    { 'a text': [canary], 'a fraction': [1.5], 'a number beyond 32 bits': [2_147_483_648] },
    'birthdateMonths[0]',
  ),
  ...filters(
    'birthdateMonths',
    'INVALID',
    { zero: [1, 0], thirteen: [1, 13], 'a negative one': [1, -1] },
    'birthdateMonths.1',
  ),
  ...types(
    'boosterCustomerIds',
    { 'beyond 32 bits': [9_223_372_036_854_776_000], hexadecimal: ['0x10'], 'Arabic digits': ['١٢'] },
    'boosterCustomerIds[0]',
  ),
  ...filters('boosterCustomerIds', 'TOO_LARGE', { '10,001 ids': many(10_001, 1) }),
  ...types('clientSpendingFrom', { 'a text': canary, 'a list': [1, 2] }),
  ...types('canBeContactedByMaison', { 'a text': canary, 'a number': 1 }),
  ...types('customerStatus', { 'as lines write it': ['Prospect'], 'a text': [canary] }, 'customerStatus[0]'),

  ...Object.keys({ creationDateFrom: 0, transactionDateTo: 0 }).flatMap((field) =>
    filters(field, 'INVALID', dates),
  ),
  ...types('creationDateFrom', { 'a number': 1_704_067_200, 'an object': { canary } }),
  {
    name: 'ranges that end before they begin',
    filter: {
      creationDateFrom: '2024-01-02',
      creationDateTo: '2024-01-01',
      transactionDateFrom: '2024-01-01T10:00:00Z',
      transactionDateTo: '2024-01-01T11:00:00+02:00',
      clientSpendingFrom: 2,
      clientSpendingTo: 1,
    },
    userErrors: [
      'INVALID filter.creationDateFrom',
      'INVALID filter.transactionDateFrom',
      'INVALID filter.clientSpendingFrom',
    ],
  },

  ...types('interests', { 'no id': [{ interest: canary }] }, 'interests[0]'),
  ...filters(
    'interests',
    'REQUIRED',
    { 'an empty id': [{ interest: canary, sapInterestId: '' }] },
    'interests.0.sapInterestId',
  ),
  ...filters(
    'hobbies',
    'REQUIRED',
    { 'neither id nor text': [{}], 'an empty text': [{ hobby: ' ' }] },
    'hobbies.0',
  ),
  ...filters(
    'productCollections',
    'INVALID',
    { 'an id with a NUL': [{ productCollection: canary, sapProductCollectionId: `${canary}\u0000` }] },
    'productCollections.0.sapProductCollectionId',
  ),
  ...types('productCategories', { 'no grand category': [{ categoryId: canary }] }, 'productCategories[0]'),

  { name: 'selection: empty', input: { selection: '' }, userErrors: ['INVALID selection'] },
  { name: 'selection: without fields', input: { selection: '{ }' }, userErrors: ['INVALID selection'] },
  {
    name: 'selection: an unknown field',
    input: { selection: '{ password }' },
    userErrors: ['INVALID selection'],
  },
  { name: 'selection: __proto__', input: { selection: '{ __proto__ }' }, userErrors: ['INVALID selection'] },
  {
    name: 'selection: a fragment',
    input: { selection: '{ ... on Customer { email } }' },
    userErrors: ['INVALID selection'],
  },
  {
    name: 'selection: a directive',
    input: { selection: '{ email @skip(if: true) }' },
    userErrors: ['INVALID selection'],
  },
  {
    name: 'selection: an argument',
    input: { selection: `{ email(as: "${canary}") }` },
    userErrors: ['INVALID selection'],
  },
  {
    name: 'selection: a text in the wrong place',
    input: { selection: '{ "email" }' },
    userErrors: ['INVALID selection'],
  },
  {
    name: 'selection: a list without fields',
    input: { selection: '{ transactions }' },
    userErrors: ['INVALID selection'],
  },
  {
    name: 'selection: 10,001 characters',
    input: { selection: `{ email ${' '.repeat(10_000)} }` },
    userErrors: ['TOO_LARGE selection'],
  },
  {
    name: 'selection: 5,000 braces',
    input: { selection: '{'.repeat(5_000) },
    userErrors: ['INVALID selection'],
  },

  {
    name: 'many faults',
    input: { downloadRequestId: '', selection: '{ nothing }' },
    filter: { posCodes: ['P9'], birthdateMonths: [0], email: '', creationDateTo: canary },
    userErrors: [
      'REQUIRED downloadRequestId',
      'NOT_FOUND filter.posCodes.0',
      'INVALID filter.birthdateMonths.0',
      'INVALID filter.email',
      'INVALID filter.creationDateTo',
      'INVALID selection',
    ],
  },
];
