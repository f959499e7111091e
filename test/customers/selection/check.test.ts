import { sql } from 'drizzle-orm';
import { GraphQLObjectType } from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { checkSelection } from '../../../src/customers/selection/check.ts';
import { completeSelection, parseSelection, printSelection } from '../../../src/customers/selection.ts';
import { buildSchema } from '../../../src/graphql/schema.ts';
import { useApp } from '../../support/app.ts';
import { query } from '../../support/client.ts';
import { fc } from '../../support/fast-check.ts';
import { anySelection, writeSelection } from './arbitrary.ts';

const schema = buildSchema();
const open = useApp();
const closed = useApp({ INTROSPECTION: 'off' });

beforeAll(async () => {
  for (const { db } of [open, closed]) {
    await db.execute(sql`insert into brands values ('cartier', 'Cartier')`);
    await db.execute(sql`insert into points_of_sale values ('cartier', 'P1', 'Paris')`);
  }
});

/** The messages of a refusal, or the selection in its one form. */
function check(text: string | null, suggestions = false): string | string[] {
  const checked = checkSelection(schema, text, suggestions);
  if ('selection' in checked) return checked.selection;
  for (const problem of checked.problems)
    expect(problem).toMatchObject({ code: 'INVALID', path: ['selection'] });
  return checked.problems.map(({ message }) => message);
}

const fragments = 'Fragments are not allowed in a selection.';
const directives = 'Directives are not allowed in a selection.';

test.each([
  ['an unknown field', '{ emial }', ['Cannot query field "emial" on type "Customer". (line 1, column 3)']],
  [
    'an unknown field of a list, on its own line',
    '{\n  email\n  transactions {\n    price\n  }\n}',
    ['Cannot query field "price" on type "CustomerTransaction". (line 4, column 5)'],
  ],
  [
    'every mistake at once',
    '{ a b\n c }',
    [
      'Cannot query field "a" on type "Customer". (line 1, column 3)',
      'Cannot query field "b" on type "Customer". (line 1, column 5)',
      'Cannot query field "c" on type "Customer". (line 2, column 2)',
    ],
  ],
  [
    'an argument',
    '{ transactions(first: 3) { amount } }',
    ['Unknown argument "first" on field "Customer.transactions". (line 1, column 16)'],
  ],
  [
    'a variable',
    '{ transactions(first: $n) { amount } }',
    [/^Unknown argument "first".*\(line 1, column 16\)$/],
  ],
  ['an inline fragment', '{ ... on Customer { email } }', [`${fragments} (line 1, column 3)`]],
  ['an inline fragment without a type', '{ email ... { brand } }', [`${fragments} (line 1, column 9)`]],
  [
    'a spread of itself',
    '{ ...Line }',
    [`${fragments} (line 1, column 3)`, /^Cannot spread fragment "Line"/],
  ],
  [
    'an unknown spread',
    '{ email\n...Mine }',
    [`${fragments} (line 2, column 1)`, /^Unknown fragment "Mine"/],
  ],
  ['a directive', '{ email @include(if: true) }', [`${directives} (line 1, column 9)`]],
  [
    'a directive in front',
    '@skip(if: true) { email }',
    [`${directives} (line 1, column 1)`, /may not be used on/],
  ],
  [
    'a list without a selection of its own',
    '{ transactions }',
    [
      /^Field "transactions" of type "\[CustomerTransaction!\]!" must have a selection of subfields\..* \(line 1, column 3\)$/,
    ],
  ],
  [
    'a plain value with a selection of its own',
    '{ email { domain } }',
    [/^Field "email" must not have a selection since type "String" has no subfields\. \(line 1, column 9\)$/],
  ],
  [
    'two fields under one key',
    '{ a: email\n a: phoneNumber }',
    [/^Fields "a" conflict because "email" and "phoneNumber" are different fields\..* \(line 1, column 3\)$/],
  ],
  [
    'introspection',
    '{ __schema { types { name } } }',
    [/^Cannot query field "__schema" on type "Customer"\./],
  ],
  ['no text', '', ['Syntax Error: Expected "{", found <EOF>. (line 1, column 1)']],
  ['spaces', ' \n ', ['Syntax Error: Expected "{", found <EOF>. (line 2, column 2)']],
  ['an empty selection', '{ }', ['Syntax Error: Expected Name, found "}". (line 1, column 3)']],
  [
    'an empty selection of a list',
    '{ email\n hobbies { } }',
    ['Syntax Error: Expected Name, found "}". (line 2, column 12)'],
  ],
  ['an open bracket', '{ email', ['Syntax Error: Expected Name, found <EOF>. (line 1, column 8)']],
  ['a bracket too many', '{ email } }', ['Syntax Error: Unexpected "}". (line 1, column 11)']],
  ['names without brackets', 'email', ['Syntax Error: Expected "{", found Name. (line 1, column 1)']],
  [
    'a character of no language',
    '{ email ¿ }',
    [/^Syntax Error: Unexpected character: .* \(line 1, column 9\)$/],
  ],
  ['an operation', 'query { email }', ['Syntax Error: Expected "{", found Name. (line 1, column 1)']],
  [
    'a second selection',
    '{ email } { brand }',
    ['A selection is one selection set. (line 1, column 11)', /./],
  ],
  [
    'a mutation behind',
    '{ email }\nmutation { deleteCustomerExport(asyncTaskId: 1) { __typename } }',
    ['A selection is one selection set. (line 2, column 1)'],
  ],
  [
    'a fragment behind',
    '{ email } fragment A on Customer { brand }',
    ['A selection is one selection set. (line 1, column 11)'],
  ],
  [
    'a type behind',
    '{ email } type A { b: Int }',
    ['A selection is one selection set. (line 1, column 11)', /./],
  ],
])('%s is refused with its line and column', (_, text, expected) => {
  const messages = check(text);
  expect(messages).toEqual(
    expected.map((message) => (typeof message === 'string' ? message : expect.stringMatching(message))),
  );
});

test.each([
  ['10,001 characters', `{ email${' '.repeat(9_993)}}`, 'selection must have at most 10000 characters.'],
  ['17 lists', writeLists(17), 'selection must have at most 16 lists.'],
])('%s are TOO_LARGE', (_, text, message) => {
  expect(checkSelection(schema, text, false)).toEqual({
    problems: [{ code: 'TOO_LARGE', message, path: ['selection'] }],
  });
});

test('the largest selections that are allowed go through', () => {
  expect(check(`{ email${' '.repeat(9_992)}}`)).toBe('{ email }');
  expect(check(writeLists(16))).toBe(writeLists(16));
});

test('more than 1,000 tokens are refused, however short', () => {
  const keys = (count: number) =>
    `{ ${Array.from({ length: count }, (_, at) => `a${at}: email`).join(' ')} }`;
  expect(check(keys(331))).toBe(keys(331));
  expect(check(keys(333))).toEqual([expect.stringMatching(/1000 tokens.*\(line 1, column \d+\)$/)]);
});

function writeLists(count: number): string {
  const lists = Array.from({ length: count }, (_, at) => `a${at}: hobbies { hobby }`);
  return `{ ${lists.join(' ')} }`;
}

test('the type’s name may be selected, everywhere', () => {
  const text = '{ __typename t: __typename transactions { __typename productCategory { __typename } } }';
  expect(check(text)).toBe(text);
});

test('comments, commas and a byte order mark say nothing, and equal keys are one', () => {
  const text =
    '\ufeff# mine\n{ email, a1: brand # { x }\n, email,, hobbies { hobby } hobbies { sapHobbyId, hobby } }';
  expect(check(text)).toBe('{ email a1: brand hobbies { hobby sapHobbyId } }');
});

test('null is the default line', () => {
  expect(check(null)).toBe(printSelection(completeSelection).replace(/ transactions .*/, ' }'));
});

test('every field of the schema’s Customer may be selected, and the complete selection has them all', () => {
  const type = schema.getType('Customer');
  if (!(type instanceof GraphQLObjectType)) throw new Error('There is no type Customer.');
  expect(completeSelection.map(({ field }) => field).sort()).toEqual(Object.keys(type.getFields()).sort());
  expect(check(printSelection(completeSelection))).toBe(printSelection(completeSelection));
});

test('any valid selection is taken, and what is taken means the same once more', () => {
  fc.assert(
    fc.property(anySelection, (selection) => {
      const checked = check(writeSelection(selection, '\n'));
      if (typeof checked !== 'string') throw new Error(checked.join());
      expect(parseSelection(checked)).toEqual(selection);
      expect(check(checked)).toBe(checked);
    }),
  );
});

test('any other text is refused or understood, never a fault', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '(',
    ')',
    ':',
    '...',
    '@',
    '$',
    '!',
    '"',
    '"""',
    '#',
    '\n',
    'email',
    'hobbies',
    'on',
    '1',
    '\u0000',
    '\ud800',
    '&',
    '{ email }',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece).map((all) => all.join(' ')),
      ),
      (text) => {
        check(text);
      },
    ),
    { numRuns: 300 },
  );
});

const start = `mutation ($input: StartCustomerExportInput!) {
  startCustomerExport(input: $input) { asyncTaskId customerExport { selection } userErrors { code message field } }
}`;
const ask = async (url: string, input: Record<string, unknown>) => {
  const filter = { brand: 'cartier', posCodes: ['P1'] };
  const { body } = await query(url, start, { input: { filter, ...input } });
  expect(body.errors).toBeUndefined();
  return body.data?.['startCustomerExport'];
};

test('a start with a wrong selection names every mistake, and stores nothing', async () => {
  const answer = await ask(open.url(), { downloadRequestId: 'wrong', selection: '{ emial\n  x }' });
  expect(answer).toEqual({
    asyncTaskId: null,
    customerExport: null,
    userErrors: [
      {
        code: 'INVALID',
        message: 'Cannot query field "emial" on type "Customer". Did you mean "email"? (line 1, column 3)',
        field: ['selection'],
      },
      {
        code: 'INVALID',
        message: 'Cannot query field "x" on type "Customer". (line 2, column 3)',
        field: ['selection'],
      },
    ],
  });
  expect(await open.db.execute(sql`select from exports`)).toHaveLength(0);
  expect(await open.db.execute(sql`select from audit`)).toHaveLength(0);
});

test('a message names no other field where introspection is off', async () => {
  const answer = await ask(closed.url(), { downloadRequestId: 'wrong', selection: '{ emial }' });
  expect(answer.userErrors.map(({ message }: { message: string }) => message)).toEqual([
    'Cannot query field "emial" on type "Customer". (line 1, column 3)',
  ]);
});

test('the same selection written differently is the same request, another order is another', async () => {
  const first = await ask(open.url(), { downloadRequestId: 'one', selection: '{ email brand }' });
  expect(first.customerExport.selection).toBe('{ email brand }');
  const again = await ask(open.url(), {
    downloadRequestId: 'one',
    selection: '{\n  email, # comment\n  brand: brand\n  email\n}',
  });
  expect(again).toEqual(first);
  const other = await ask(open.url(), { downloadRequestId: 'one', selection: '{ brand email }' });
  expect(other.userErrors).toEqual([
    expect.objectContaining({ code: 'CONFLICT', field: ['downloadRequestId'] }),
  ]);
});
