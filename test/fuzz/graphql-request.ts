import fc from 'fast-check';
import { type FuzzRequest, post } from './request.ts';
import { filter, id, json, text } from './values.ts';

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
