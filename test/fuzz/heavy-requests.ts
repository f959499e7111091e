import { badRequests } from '../journeys/bad-input-cases.ts';
import { badDocuments } from '../journeys/bad-input-documents.ts';
import { type FuzzRequest, post } from './request.ts';

/** A request that may take its time: by HTTP, or as one operation over a socket. */
export type Heavy = {
  readonly name: string;
  readonly request: FuzzRequest;
  /** The same over WebSocket, where there is one. */
  readonly operation: unknown;
};

const good = { brand: 'cartier', posCodes: ['P1'] };
const start =
  'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId userErrors { code message field } } }';
const explore = 'query ($filter: CustomerFilterInput!) { customers(filter: $filter) { totalCount } }';
const form = 'application/x-www-form-urlencoded';

const list = <T>(length: number, make: (at: number) => T): T[] => Array.from({ length }, (_, at) => make(at));
const words = (length: number, make: (at: number) => string) => list(length, make).join(' ');
const keys = (length: number, make: (at: number) => string = (at) => `k${at}`) =>
  Object.fromEntries(list(length, (at) => [make(at), 1]));

function operation(name: string, payload: { query: string; variables?: unknown }): Heavy {
  return { name, operation: payload, request: post('/graphql', 'application/json', JSON.stringify(payload)) };
}
const starting = (name: string, input: Record<string, unknown>, filter: Record<string, unknown> = {}) =>
  operation(name, {
    query: start,
    variables: {
      input: { downloadRequestId: crypto.randomUUID(), filter: { ...good, ...filter }, ...input },
    },
  });
const document = (name: string, query: string) => operation(`document: ${name}`, { query });
const selection = (name: string, text: string) => starting(`selection: ${name}`, { selection: text });
const rest = (name: string, body: string, type = 'application/json'): Heavy => ({
  name: `REST: ${name}`,
  operation: null,
  request: post('/customer/cartier/export', type, body),
});
const restFilter = (name: string, filter: object) =>
  rest(name, JSON.stringify({ downloadRequestId: 'x', ...good, ...filter }));

const long = 250_000;
const largestLists = {
  ...good,
  boosterCustomerIds: list(10_000, (at) => (at * 7_919) % 100_003),
  interests: list(1_000, (at) => ({ interest: 'x', sapInterestId: `i${at}` })),
  hobbies: list(1_000, (at) => ({ hobby: `h${at}` })),
  birthdateMonths: list(1_000, (at) => (at % 12) + 1),
};

/** The largest and the most awkward that the limits let in, or almost. */
export const worstRequests: readonly Heavy[] = [
  starting('variables: 20,000 unknown names', keys(20_000)),
  starting('variables: 20,000 unknown filters', {}, keys(20_000)),
  starting(
    'variables: a name of 250,000 characters',
    keys(1, () => 'x'.repeat(long)),
  ),
  starting(
    'variables: a name that looks like a message',
    keys(1, () => 'cannot represent '.repeat(14_000)),
  ),
  starting(
    'variables: a name that looks like a place',
    keys(1, () => ` at "${'a'.repeat(long)}`),
  ),
  starting('variables: 60 wrong ones and a long text', { ...keys(60), selection: 'x'.repeat(200_000) }),
  starting('variables: 40,000 wrong elements', {}, { posCodes: list(40_000, (at) => at) }),
  starting('variables: 40,000 elements', {}, { posCodes: list(40_000, (at) => `${at}`) }),
  starting('variables: 12,000 wrong objects', {}, { interests: list(12_000, () => ({ interest: 1 })) }),
  starting('variables: 10,000 ids of the wrong type', {}, { boosterCustomerIds: list(10_000, () => 'x') }),
  starting('variables: 10,000 ids beyond 32 bits', {}, { boosterCustomerIds: list(10_000, () => 2 ** 40) }),
  starting('10,000 ids', {}, { boosterCustomerIds: list(10_000, (at) => (at * 7_919) % 100_003) }),
  starting('1,000 unknown points of sale', {}, { posCodes: list(1_000, (at) => `X${at}`) }),
  starting('all lists at their largest', {}, largestLists),
  operation('a page for the largest lists', { query: explore, variables: { filter: largestLists } }),
  operation('variables: 100,000 lists deep', {
    query: explore,
    variables: { filter: JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`) },
  }),
  starting('searchKey: 120,000 emoji', {}, { searchKey: '🛍️'.repeat(40_000) }),
  starting('searchKey: spaces', {}, { searchKey: `${' '.repeat(long)}x` }),
  starting('email: 10,000 characters', {}, { email: `${'a@'.repeat(5_000)}x` }),
  starting('phoneNumber: separators', {}, { phoneNumber: '+(- .)'.repeat(40_000) }),
  starting('creationDateFrom: digits', {}, { creationDateFrom: `2024-01-01T00:00:00.${'1'.repeat(long)}` }),
  starting('downloadRequestId: combining marks', { downloadRequestId: `a${'\u0301'.repeat(80_000)}` }),
  operation('a cursor of 200,000 characters', {
    query:
      'query ($f: CustomerFilterInput!, $after: String) { customers(filter: $f, after: $after) { totalCount } }',
    variables: { f: good, after: 'MTIz'.repeat(50_000) },
  }),
  operation('an id of 200,000 characters', {
    query: 'query ($id: ID!) { customerExport(asyncTaskId: $id) { status } }',
    variables: { id: '0123456789abcdef-'.repeat(12_000) },
  }),

  document('250,000 characters', ','.repeat(long)),
  document('49,000 characters of comments', `${'#\n'.repeat(24_000)} { brands { code } }`),
  document('49,000 characters of a block string', `{ brands { code(a: """${' x\n'.repeat(16_000)}""") } }`),
  document('49,000 characters of escapes', `{ brands { code(a: "${'\\u00e9'.repeat(8_000)}") } }`),
  document('50 fields of one name', `{ ${'a:brands{code name a:name b:name} '.repeat(50)} }`),
  document('330 fields of one name', `{ ${'a:brands{code} '.repeat(330)} }`),
  document(
    '600 names that conflict',
    `{ brands { ${words(600, (at) => `a:${at % 2 ? 'code' : 'name'}`)} } }`,
  ),
  document('650 aliases', `{ brands { ${words(650, (at) => `a${at}:code`)} } }`),
  document(
    '50 fragments side by side',
    `${words(50, (at) => `fragment F${at} on Brand{code name a:name b:name}`)} {brands{${words(50, (at) => `...F${at}`)}}}`,
  ),
  document(
    '220 fragments side by side',
    `${words(220, (at) => `fragment F${at} on Brand{code}`)} {brands{${words(220, (at) => `...F${at}`)}}}`,
  ),
  document(
    'fragments that double 150 times',
    `${words(150, (at) => `fragment F${at} on Brand { ...F${at + 1} a${at}: code }`)} fragment F150 on Brand { code } { brands { ...F0 } }`,
  ),
  document(
    'fragments that spread all that follow',
    `${words(28, (at) => `fragment F${at} on Brand { ${words(27 - at, (more) => `...F${at + more + 1}`)} code }`)} { brands { ...F0 } }`,
  ),
  document('900 unknown fields', `{ brands { ${words(900, (at) => `cod${at}`)} } }`),
  document(
    'unknown fields of 1,000 characters',
    `{ brands { ${words(45, (at) => 'x'.repeat(1_000) + at)} } }`,
  ),
  document(
    '180 unknown types',
    `${words(180, (at) => `fragment f${at} on Brandx${at} { a }`)} {brands{code}}`,
  ),
  document(
    '600 unknown filters',
    `{ customers(filter: {${words(600, (at) => `${'x'.repeat(70)}${at}:1`)}}) { totalCount } }`,
  ),
  document(
    '900 lists deep',
    `{ customers(filter: {posCodes: ${'['.repeat(900)}1${']'.repeat(900)}}) { totalCount } }`,
  ),
  document('480 variables', `query (${words(480, (at) => `$a${at}: Int`)}) { brands { code } }`),
  document('390 directives', `{ brands { code ${'@skip(if: $a)'.repeat(280)} } }`),
  document(
    'introspection seven types deep',
    `{__schema{types{${'fields{type{'.repeat(7)}name${'}}'.repeat(7)}}}}`,
  ),
  document(
    '60 tokens of introspection, aliased',
    `{ ${words(40, (at) => `a${at}: __schema { types { name fields { name type { name } } } }`)} }`,
  ),

  selection('990 unknown fields', `{ ${words(990, (at) => `f${at}`)} }`),
  selection('330 aliases', `{ ${words(330, (at) => `a${at}: email`)} }`),
  selection('one field 990 times', `{ ${'email '.repeat(990)} }`),
  selection('one list 240 times', `{ ${'transactions { amount } '.repeat(240)} }`),
  selection('conflicts', `{ ${'a: email a: brand '.repeat(160)} }`),
  selection('5,000 braces', '{'.repeat(5_000)),
  selection('400 deep', `${'{ a '.repeat(400)}${'}'.repeat(400)}`),
  selection('10,000 characters of nothing', `{ email ${','.repeat(9_980)} }`),

  rest('25,000 unknown names', JSON.stringify(keys(25_000))),
  rest('100 lists of names', JSON.stringify({ ...good, interests: list(600, () => keys(60)) })),
  rest('120,000 lists deep', `{"interests":${'['.repeat(120_000)}${']'.repeat(120_000)}}`),
  restFilter('10,000 ids', {
    downloadRequestId: crypto.randomUUID(),
    boosterCustomerIds: largestLists.boosterCustomerIds,
  }),
  restFilter('10,000 wrong ids', { boosterCustomerIds: list(10_000, () => 'x') }),
  restFilter('60,000 objects', { interests: list(60_000, () => ({})) }),
  restFilter('every list wrong', {
    boosterCustomerIds: list(10_000, () => 'x'),
    ...Object.fromEntries(
      [
        ...['locationCountryIds', 'interests', 'hobbies', 'productCollections', 'productCategories'],
        ...['saleRepresentativeEmails', 'birthdateMonths', 'customerStatus'],
      ].map((name) => [name, list(1_000, () => ({}))]),
    ),
  }),
  restFilter('1,000 unknown points of sale', { posCodes: list(1_000, (at) => `X${at}`) }),
  rest('a form of 40,000 names', list(40_000, (at) => `k${at}`).join('&'), form),
  rest('a form of one name 130,000 times', '&a'.repeat(130_000), form),
  rest('a form of 14,000 codes', 'posCodes=x&'.repeat(14_000), form),
  rest('a form of 260,000 commas', `posCodes=${','.repeat(260_000)}`, form),
  rest('a form of 80,000 objects', `interests=${'{},'.repeat(80_000)}{}`, form),
  rest('a form of 14,000 objects', 'interests={}&'.repeat(14_000), form),
  rest('a form of 130,000 numbers', `boosterCustomerIds=${'1,'.repeat(130_000)}`, form),
  rest('a form of percent signs', `posCodes=${'%41'.repeat(87_000)}`, form),
];

/** Those, and the bad-input table. */
export const allRequests: readonly Heavy[] = [
  ...badRequests.map(({ name, input = {}, filter = {} }) => starting(name, input, filter)),
  ...badDocuments.map(({ name, document: query }) =>
    operation(name, { query, variables: { f: good, input: { downloadRequestId: 'many', filter: good } } }),
  ),
  ...worstRequests,
];
