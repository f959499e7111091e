import { canary } from './bad-input-cases.ts';

/** Bad documents, with the code of their first error. */
export const badDocuments: readonly {
  readonly name: string;
  readonly document: string;
  readonly code: string;
}[] = [
  { name: 'a syntax error', document: `{ brands { code "${canary}" } }`, code: 'GRAPHQL_PARSE_FAILED' },
  { name: 'nothing', document: ' ', code: 'GRAPHQL_PARSE_FAILED' },
  { name: 'a document that ends early', document: '{ brands {', code: 'GRAPHQL_PARSE_FAILED' },
  { name: 'an unknown field', document: '{ passwords { hash } }', code: 'GRAPHQL_VALIDATION_FAILED' },
  {
    name: 'an unknown argument',
    document: `{ brands(code: "${canary}") { code } }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'a literal of the wrong type',
    document: `{ customers(filter: {brand: "cartier", posCodes: ["P1"], birthdateMonths: ["${canary}"]}) { totalCount } }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'a literal that is no enum value',
    document: `{ customers(filter: {brand: "cartier", posCodes: ["P1"], customerStatus: [${canary}]}) { totalCount } }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'an unknown field beside a value',
    document: `{ customers(filter: {brand: "${canary}", posCodes: ["P1"], nothing: 1}) { totalCount } }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'fragments in a circle',
    document: '{ brands { ...a } } fragment a on Brand { ...b } fragment b on Brand { ...a }',
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'two operations and no name',
    document: 'query A { brands { code } } query B { brands { code } }',
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'no operation at all',
    document: 'fragment a on Brand { code }',
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  { name: '10,000 tokens', document: `{ ${'brands { code } '.repeat(2_500)} }`, code: 'TOO_COMPLEX' },
  { name: '3,000 directives', document: `{ brands { code ${'@a'.repeat(3_000)} } }`, code: 'TOO_COMPLEX' },
  {
    name: '100 aliases of a page of 1,000',
    document: `query ($f: CustomerFilterInput!) { ${Array.from({ length: 100 }, (_, n) => `a${n}: customers(filter: $f, first: 1000) { nodes { email } }`).join(' ')} }`,
    code: 'TOO_COMPLEX',
  },
  {
    name: '40 exports at once',
    document: `mutation ($input: StartCustomerExportInput!) { ${Array.from({ length: 40 }, (_, n) => `a${n}: startCustomerExport(input: $input) { asyncTaskId }`).join(' ')} }`,
    code: 'TOO_COMPLEX',
  },
  {
    name: 'a forged cursor',
    document: `query ($f: CustomerFilterInput!) { customers(filter: $f, after: "${btoa('9999999999')}") { totalCount } }`,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'a cursor that is none',
    document: `query ($f: CustomerFilterInput!) { customers(filter: $f, after: "${canary}") { totalCount } }`,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'a page of none',
    document: 'query ($f: CustomerFilterInput!) { customers(filter: $f, first: 0) { totalCount } }',
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'a page of 1,001',
    document: 'query ($f: CustomerFilterInput!) { customers(filter: $f, first: 1001) { totalCount } }',
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'a page below none',
    document: 'query ($f: CustomerFilterInput!) { customers(filter: $f, first: -2147483648) { totalCount } }',
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'pages from both ends',
    document: '{ customerExports(first: 1, last: 1) { totalCount } }',
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'a cursor of another list',
    document: `{ customerExports(after: "${btoa('1')}") { totalCount } }`,
    code: 'BAD_USER_INPUT',
  },
  {
    name: 'an id that is none',
    document: `{ customerExport(asyncTaskId: "${canary}") { status } }`,
    code: 'NOT_FOUND',
  },
  {
    name: 'the nil id',
    document: '{ customerExport(asyncTaskId: "00000000-0000-0000-0000-000000000000") { status } }',
    code: 'NOT_FOUND',
  },
  {
    name: 'an id with a NUL',
    document: '{ customerExport(asyncTaskId: "\\u0000") { status } }',
    code: 'NOT_FOUND',
  },
  {
    name: 'a number for an id',
    document: '{ customerExport(asyncTaskId: 7) { status } }',
    code: 'NOT_FOUND',
  },
];
