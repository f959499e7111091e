import fc from 'fast-check';

/** One request, as it goes out. */
export type FuzzRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

/** What breaks programs. */
const oddTexts = [
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

const text = fc.oneof(
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
const json = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.dictionary(text, scalar, { maxKeys: 4 }) },
);

const filterNames = [
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
const filter = fc
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

const customerFields = [
  'boosterCustomerId',
  'email',
  'firstName',
  'clientSpending',
  'creationDate',
  'birthdate',
  '__typename',
  'nothing',
  'interests { interest sapInterestId }',
  'transactions { amount productCategory { grandCategoryId } }',
  'hobbies { hobby }',
  'a: email',
  'email(x: 1)',
  'transactions',
  '...F',
  '... on Customer { brand }',
  'email @skip(if: true)',
  'email @include(if: $b)',
];
const selection = fc
  .array(fc.constantFrom(...customerFields), { maxLength: 8 })
  .map((fields) => `{ ${fields.join(' ')} }`);
const anySelection = fc.oneof(
  { weight: 4, arbitrary: selection },
  { weight: 1, arbitrary: text },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 300 }).map((depth) => '{ a'.repeat(depth)) },
);

const cursor = fc.oneof(
  text,
  fc.integer().map((n) => btoa(`${n}`)),
  fc.bigInt().map((n) => btoa(`${n}`)),
  fc.uuid().map(btoa),
);
const id = fc.oneof(fc.uuid(), text);
const page = fc.oneof(fc.integer({ min: -2, max: 1002 }), fc.integer());
const literal = fc.oneof(
  page.map(String),
  text.map((value) => JSON.stringify(value)),
  fc.constantFrom('null', 'true', 'ENUM', '[]', '{}', '{a: 1}', '[[1]]', '$v', '1e999', '""" block """'),
);

const operations = [
  fc
    .tuple(selection, literal, literal)
    .map(
      ([fields, first, after]) =>
        `query Q($filter: CustomerFilterInput!, $v: String, $b: Boolean = true) { customers(filter: $filter, first: ${first}, after: ${after}) { totalCount nodes ${fields} pageInfo { endCursor } } } fragment F on Customer { email }`,
    ),
  fc
    .tuple(selection)
    .map(
      ([fields]) =>
        `query Q($filter: CustomerFilterInput!, $first: Int, $after: String, $b: Boolean = false) { customers(filter: $filter, first: $first, after: $after) { edges { cursor node ${fields} } } } fragment F on Customer { ...F }`,
    ),
  fc.constant(
    'mutation M($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId customerExport { status filter selection queuePosition } userErrors { code message field } } }',
  ),
  fc
    .constantFrom('cancel', 'delete')
    .map(
      (verb) =>
        `mutation M($id: ID!) { ${verb}CustomerExport(asyncTaskId: $id) { customerExport { status } userErrors { code field } } }`,
    ),
  fc.constant('query Q($id: ID!) { customerExport(asyncTaskId: $id) { status progress file { url } } }'),
  fc
    .tuple(literal, literal)
    .map(
      ([after, brand]) =>
        `query Q($first: Int) { customerExports(first: $first, after: ${after}, brand: ${brand}, status: [COMPLETED]) { totalCount nodes { asyncTaskId } } }`,
    ),
  fc.constant(
    '{ brands { code pointsOfSale { posCode } interests { interest } saleRepresentatives { email } } }',
  ),
  fc.constant('{ __schema { types { name fields { name } } } }'),
];
const operation = fc.oneof(...operations);

/** A document with a hole or a patch. */
const broken = fc
  .tuple(
    operation,
    fc.nat(400),
    fc.nat(12),
    fc.oneof(text, fc.constantFrom('{', '}', '(', ')', '...', '@', '$', '!', '"""', '#', '&', '\ufeff')),
  )
  .map(([document, at, length, patch]) => document.slice(0, at) + patch + document.slice(at + length));
const document = fc.oneof(
  { weight: 6, arbitrary: operation },
  { weight: 3, arbitrary: broken },
  { weight: 1, arbitrary: text },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3000 }).map((n) => '{ brands '.repeat(n)) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 300 })
      .map((n) => `{ ${Array.from({ length: n }, (_, i) => `a${i}: brands { code }`).join(' ')} }`),
  },
);

const input = fc.record(
  {
    downloadRequestId: fc.oneof(fc.uuid(), text),
    filter,
    selection: anySelection,
    compression: fc.oneof(fc.constantFrom('NONE', 'GZIP', 'ZSTD'), json),
  },
  { requiredKeys: ['downloadRequestId', 'filter'] },
);
const variables = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      filter: fc.oneof({ weight: 6, arbitrary: filter }, json),
      input: fc.oneof({ weight: 6, arbitrary: input }, json),
      id: fc.oneof(id, json),
      first: fc.oneof(page, json),
      after: fc.oneof(cursor, json),
      b: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: json },
);

const accept = fc.constantFrom(
  'application/json',
  'application/graphql-response+json',
  '*/*',
  'text/html',
  'multipart/mixed',
  '',
);
const post = (path: string, type: string, body: string, more: Record<string, string> = {}): FuzzRequest => ({
  method: 'POST',
  path,
  headers: { 'content-type': type, ...more },
  body,
});

export const graphqlRequest: fc.Arbitrary<FuzzRequest> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .tuple(document, variables, accept)
      .map(([query, values, type]) =>
        post(
          '/graphql',
          'application/json',
          JSON.stringify({ query, variables: values }),
          type ? { accept: type } : {},
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(json).map(([value]) => post('/graphql', 'application/json', JSON.stringify(value))),
  },
  { weight: 1, arbitrary: text.map((body) => post('/graphql', 'application/json', body)) },
  {
    weight: 1,
    arbitrary: document.map((query) => ({
      method: 'GET',
      path: `/graphql?${new URLSearchParams({ query })}`,
      headers: {},
      body: null,
    })),
  },
);

const restName = fc
  .constantFrom('downloadRequestId', ...filterNames)
  .chain((name) => fc.constantFrom(name, name.toUpperCase(), name.toLowerCase()));
const restBody = fc
  .tuple(
    filter,
    fc.oneof(fc.uuid(), text),
    fc.array(fc.tuple(fc.oneof(restName, text), json), { maxLength: 2 }),
  )
  .map(([values, downloadRequestId, odd]) => ({ ...values, downloadRequestId, ...Object.fromEntries(odd) }));
const formOf = (values: Record<string, unknown>) =>
  new URLSearchParams(
    Object.entries(values).flatMap(([name, value]): [string, string][] => {
      const write = (part: unknown) => (typeof part === 'object' ? JSON.stringify(part) : `${part}`);
      return Array.isArray(value)
        ? value.map((part): [string, string] => [name, write(part)])
        : [[name, write(value)]];
    }),
  ).toString();
const segment = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('cartier', 'piaget') },
  { weight: 1, arbitrary: text.map(encode) },
);
const suffix = fc.constantFrom('', '', '.json', '.jsonl', '.xml', '?format=json', '?format=x', '?email=a');
const types = fc.constantFrom(
  'application/json',
  'text/jsonl',
  'application/x-ndjson',
  'text/plain',
  'application/json; charset=utf-16',
  '',
);

/** Half a surrogate pair cannot be encoded, and a client could not send it. */
function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

export const restRequest: fc.Arbitrary<FuzzRequest> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(segment, suffix, types, restBody)
      .map(([brand, end, type, body]) => post(`/customer/${brand}/export${end}`, type, JSON.stringify(body))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(segment, suffix, restBody)
      .map(([brand, end, body]) =>
        post(`/customer/${brand}/export${end}`, 'application/x-www-form-urlencoded', formOf(body)),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        segment,
        types,
        fc.oneof(
          text,
          json.map((value) => JSON.stringify(value)),
        ),
      )
      .map(([brand, type, body]) => post(`/customer/${brand}/export`, type, body)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('GET', 'HEAD', 'DELETE', 'PUT', 'OPTIONS'), segment, id.map(encode), suffix)
      .map(([method, brand, task, end]) => ({
        method,
        path: `/customer/${brand}/export/${task}${end}`,
        headers: {},
        body: null,
      })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('GET', 'HEAD', 'POST'), id.map(encode), text.map(encode), text.map(encode))
      .map(([method, task, expires, signature]) => ({
        method,
        path: `/exports/${task}/file?expires=${expires}&signature=${signature}`,
        headers: { range: 'bytes=0-1' },
        body: null,
      })),
  },
  {
    weight: 1,
    arbitrary: text.map((path) => ({ method: 'GET', path: `/${encode(path)}`, headers: {}, body: null })),
  },
);
