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
const subscriptions = [
  fc.constant(
    'subscription S($id: ID!) { customerExportProgress(asyncTaskId: $id) { status progress objectCount file { url } failure { code } } }',
  ),
  literal.map(
    (brand) => `subscription S { customerExportsProgress(brand: ${brand}) { asyncTaskId status filter } }`,
  ),
];
const operation = fc.oneof(...operations, ...subscriptions);

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
const variables = (foreignId: string) =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        filter: fc.oneof({ weight: 6, arbitrary: filter }, json),
        input: fc.oneof({ weight: 6, arbitrary: input }, json),
        id: fc.oneof(id, json, fc.constant(foreignId)),
        first: fc.oneof(page, json),
        after: fc.oneof(cursor, json),
        b: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: json },
  );

/** An operation with its variables, as WebSocket and JSON carry it. */
export const operationRequest = (foreignId: string) =>
  fc.record(
    {
      query: fc.oneof({ weight: 30, arbitrary: document }, { weight: 1, arbitrary: json }),
      variables: variables(foreignId),
      operationName: fc.oneof({ weight: 30, arbitrary: fc.constant(null) }, text),
      extensions: fc.oneof({ weight: 30, arbitrary: fc.constant(null) }, json),
    },
    { requiredKeys: ['query'] },
  );

const accept = fc.constantFrom(
  'application/json',
  'application/graphql-response+json',
  '*/*',
  'text/html',
  'multipart/mixed',
  '',
);

export const graphqlPost = (foreignId: string): fc.Arbitrary<FuzzRequest> =>
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc
        .tuple(operationRequest(foreignId), accept)
        .map(([asked, type]) =>
          post('/graphql', 'application/json', JSON.stringify(asked), type ? { accept: type } : {}),
        ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(json).map(([value]) => post('/graphql', 'application/json', JSON.stringify(value))),
    },
    { weight: 1, arbitrary: text.map((body) => post('/graphql', 'application/json', body)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constantFrom(
            'text/plain',
            'application/graphql',
            'application/x-www-form-urlencoded',
            'image/png',
            '',
          ),
          fc.boolean(),
          document,
        )
        .map(([type, preflighted, query]) =>
          post('/graphql', type, new URLSearchParams({ query, variables: query }).toString(), {
            ...(preflighted ? { 'x-graphql-yoga-csrf': '1' } : {}),
          }),
        ),
    },
  );

/** What a URL can carry of a generated document; not every generated value can be made a string as it is. */
const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** An operation as a query of the URL, some of whose parts are no JSON. */
const urlQuery = (foreignId: string) =>
  operationRequest(foreignId).chain((asked) =>
    fc
      .tuple(
        fc.oneof({ weight: 8, arbitrary: fc.constant(JSON.stringify(asked.variables ?? {})) }, text),
        fc.oneof(
          { weight: 8, arbitrary: fc.constant({}) },
          fc.record({ extensions: text, operationName: text }, { requiredKeys: [] }),
        ),
      )
      .map(([variables, more]) =>
        new URLSearchParams({ query: asText(asked.query), variables, ...more }).toString(),
      )
      // Node takes 16 KiB of headers, and answers to more before we see it.
      .map((query) => query.slice(0, 14_000).replace(/%.?$/, '')),
  );

export const graphqlGet = (foreignId: string): fc.Arbitrary<FuzzRequest> =>
  fc.tuple(urlQuery(foreignId), accept).map(([query, type]) => ({
    method: 'GET',
    path: `/graphql?${query}`,
    headers: type ? { accept: type } : {},
    body: null,
  }));

/** The same operations, asked for as event streams. */
export const graphqlStream = (foreignId: string): fc.Arbitrary<FuzzRequest> =>
  fc.oneof(
    graphqlGet(foreignId).map((asked) => ({ ...asked, headers: { accept: 'text/event-stream' } })),
    operationRequest(foreignId).map((asked) =>
      post('/graphql', 'application/json', JSON.stringify(asked), { accept: 'text/event-stream' }),
    ),
  );
