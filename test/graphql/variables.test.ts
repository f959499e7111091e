import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { buildSchema } from '../../src/graphql/schema.ts';
import { checkVariables } from '../../src/graphql/variables.ts';

const schema = buildSchema();
const start = parse('mutation ($input: StartCustomerExportInput!) { a }');
const optional = parse('query ($first: Int = 1, $status: [CustomerExportStatus!], $id: ID) { a }');
const filter = { brand: 'cartier', posCodes: ['P1'] };

const faults = (input: unknown) =>
  checkVariables(schema, start, undefined, { input }).map(({ message }) => message);

test.each<[string, unknown, string[]]>([
  [
    'nothing',
    undefined,
    ['$input: Expected value of non-null type "StartCustomerExportInput!" not to be null.'],
  ],
  ['a text', 'Zoë', ['$input: Expected value of type "StartCustomerExportInput" to be an object.']],
  ['a list', ['Zoë'], ['$input: Expected value of type "StartCustomerExportInput" to be an object.']],
  [
    'an object without its fields',
    {},
    [
      '$input: Expected value of type "StartCustomerExportInput" to include required field "downloadRequestId".',
      '$input: Expected value of type "StartCustomerExportInput" to include required field "filter".',
    ],
  ],
  [
    'values of the wrong type, deep down',
    {
      downloadRequestId: ['Zoë'],
      filter: {
        ...filter,
        posCodes: ['P1', null, { Zoë: 1 }],
        interests: [{ interest: 'x', sapInterestId: 5 }],
      },
      compression: 'Zoë',
    },
    [
      '$input.compression: The value does not exist in "ExportCompression" enum.',
      '$input.downloadRequestId: String cannot represent a non string value.',
      '$input.filter.interests[0].sapInterestId: String cannot represent a non string value.',
      '$input.filter.posCodes[1]: Expected value of non-null type "String!" not to be null.',
      '$input.filter.posCodes[2]: String cannot represent a non string value.',
    ],
  ],
  [
    'names that there are not, of which only those are repeated that could be one',
    {
      downloadRequestId: 'x',
      filter: { ...filter, zoe: 1, 'zoe@x.example': 1, constructor: 1, [' at "a']: 1 },
    },
    ['zoe', '…', 'constructor', '…'].map(
      (name) =>
        `$input.filter: Expected value of type "CustomerFilterInput" not to include unknown field "${name}".`,
    ),
  ],
])('%s is told at its place and without its value', (_, input, expected) => {
  expect(faults(input)).toEqual(expected);
});

test('what fits has no faults: lists of one, defaults, and what may be left out', () => {
  expect(faults({ downloadRequestId: 'x', filter: { ...filter, posCodes: 'P1', email: null } })).toEqual([]);
  expect(checkVariables(schema, optional, undefined, {})).toEqual([]);
  expect(
    checkVariables(schema, optional, undefined, { first: null, status: 'FAILED', id: 7, more: 1 }),
  ).toEqual([]);
});

test('no more than 20 faults are told, and that there are more', () => {
  const told = faults(Object.fromEntries(Array.from({ length: 30_000 }, (_, n) => [`k${n}`, 1])));
  expect(told).toHaveLength(21);
  expect(told.at(-1)).toBe('There are more faults than these 20.');
});
