import { expect, test } from 'vitest';
import { parseCustomerLine } from '../../../src/customers/import/line.ts';
import { BadLine } from '../../../src/customers/import/values.ts';

const least = {
  boosterCustomerId: 7,
  brand: 'cartier',
  posCode: 'P1',
  creationDate: '2023-11-01T12:30:00.000Z',
  customerStatus: 'Prospect',
};
const parse = (more: object) => parseCustomerLine(JSON.stringify({ ...least, ...more }));

test('what a line leaves out, or has as null, is no value, an empty list, false, or zero', () => {
  const nothing = {
    ...least,
    sapCrmId: null,
    firstName: null,
    lastName: null,
    email: null,
    phoneNumber: null,
    locationCountryId: null,
    birthdate: null,
    canBeContactedByMaison: false,
    hasSapCrmError: false,
    saleRepresentativeEmail: null,
    interests: [],
    hobbies: [],
    productCollections: [],
    clientSpending: '0',
    lastTransactionDate: null,
    transactions: null,
  };
  expect(parse({})).toEqual(nothing);
  const { canBeContactedByMaison, hasSapCrmError, clientSpending, ...texts } = nothing;
  expect(parse({ ...texts, interests: null, hobbies: null, productCollections: null })).toEqual(nothing);
  expect(parse({ canBeContactedByMaison: null, hasSapCrmError: null, clientSpending: null })).toEqual(
    nothing,
  );
});

test('spending and last transaction follow from the transactions', () => {
  const line = parse({
    clientSpending: 1,
    lastTransactionDate: '2030-01-01T00:00:00.000Z',
    transactions: [
      { transactionId: 'b', transactionDate: '2024-02-29T10:00:00.000Z', amount: 0.1 },
      { transactionId: 'a', transactionDate: '2024-02-29T11:00:00+01:30', amount: 0.2 },
      { transactionId: 'c', transactionDate: '2024-02-29T10:00:00.000001Z', amount: -5 },
    ],
  });
  expect(line.clientSpending).toBe('-4.70');
  expect(line.lastTransactionDate).toBe('2024-02-29T10:00:00.000001Z');
  expect(line.transactions?.[1]?.transactionDate).toBe('2024-02-29T09:30:00.000Z');
});

test('an empty list of transactions means that there are none', () => {
  const line = parse({
    clientSpending: 12,
    lastTransactionDate: '2024-02-29T10:00:00.000Z',
    transactions: [],
  });
  expect(line).toMatchObject({ clientSpending: '0.00', lastTransactionDate: null, transactions: [] });
});

test('a category without any id is none', () => {
  const sale = { transactionId: 'a', transactionDate: '2024-02-29', amount: 1 };
  const [bare, empty, part] =
    parse({
      transactions: [
        { ...sale, transactionId: '1', productCategory: null },
        { ...sale, transactionId: '2', productCategory: { brandCategoryId: null } },
        { ...sale, transactionId: '3', productCategory: { grandCategoryId: 'JEW', subCategoryId: '' } },
      ],
    }).transactions ?? [];
  expect([bare?.category, empty?.category, part?.category]).toEqual([
    null,
    null,
    [null, 'JEW', null, null, ''],
  ]);
});

test('texts keep every character, up to their bound', () => {
  const odd = ' "Ünï\\c\u0001\n\t\r’ 👩‍👧 \u2028 مرحبا ';
  expect(parse({ firstName: odd }).firstName).toBe(odd);
  expect(parse({ firstName: '🌹'.repeat(10_000) }).firstName).toHaveLength(20_000);
  expect(parse({ sapCrmId: '🌹'.repeat(100) }).sapCrmId).toHaveLength(200);
});

test.each([
  ['{"boosterCustomerId":7', 'not JSON'],
  ['nonsense', 'not JSON'],
  ['[]', 'not a JSON object'],
  ['"text"', 'not a JSON object'],
  ['null', 'not a JSON object'],
  ['7', 'not a JSON object'],
  ['{"__proto__":1}', 'unknown key "__proto__"'],
])('a line is refused that is no object: %s', (text, reason) => {
  expect(() => parseCustomerLine(text)).toThrow(new BadLine(reason));
});

const faults: readonly (readonly [more: object, reason: string])[] = [
  [{ boosterCustomerId: undefined }, 'boosterCustomerId is missing'],
  [{ boosterCustomerId: null }, 'boosterCustomerId is missing'],
  [{ boosterCustomerId: '7' }, 'boosterCustomerId must be a whole number from -2147483648 to 2147483647'],
  [{ boosterCustomerId: 7.5 }, 'boosterCustomerId must be a whole number from -2147483648 to 2147483647'],
  [
    { boosterCustomerId: 2147483648 },
    'boosterCustomerId must be a whole number from -2147483648 to 2147483647',
  ],
  [{ brand: undefined }, 'brand is missing'],
  [{ brand: '' }, 'brand is empty'],
  [{ brand: 5 }, 'brand must be a text'],
  [{ posCode: null }, 'posCode is missing'],
  [{ brand: ' ' }, 'brand is empty'],
  [{ brand: 'a\r\nb' }, 'brand holds control characters'],
  [{ posCode: 'x'.repeat(129) }, 'posCode has more than 128 characters'],
  [{ posCode: '\u3000' }, 'posCode is empty'],
  [{ posCode: 'P\u00851' }, 'posCode holds control characters'],
  [{ sapCrmId: 12 }, 'sapCrmId must be a text'],
  [{ sapCrmId: '🌹'.repeat(129) }, 'sapCrmId has more than 128 characters'],
  [{ firstName: 'x'.repeat(10_001) }, 'firstName has more than 10,000 characters'],
  [{ lastName: 'a\0b' }, 'lastName holds \\u0000, which cannot be stored'],
  [{ lastName: 'a\ud83c' }, 'lastName holds half of a surrogate pair'],
  [{ email: 'x'.repeat(321) }, 'email has more than 320 characters'],
  [{ phoneNumber: '0212345678' }, 'phoneNumber must be in E.164, such as "+390212345678"'],
  [{ phoneNumber: '+39 02 12345678' }, 'phoneNumber must be in E.164, such as "+390212345678"'],
  [{ phoneNumber: '+0212345678' }, 'phoneNumber must be in E.164, such as "+390212345678"'],
  [{ phoneNumber: '+1234567890123456' }, 'phoneNumber must be in E.164, such as "+390212345678"'],
  [{ locationCountryId: ['it'] }, 'locationCountryId must be a text'],
  [{ birthdate: '1980-2-9' }, 'birthdate must be a date such as "1980-02-29"'],
  [{ birthdate: '1981-02-29' }, 'birthdate must be a date such as "1980-02-29"'],
  [{ birthdate: '0000-01-01' }, 'birthdate must be a date such as "1980-02-29"'],
  [{ birthdate: '1980-02-29T00:00:00.000Z' }, 'birthdate must be a date such as "1980-02-29"'],
  [{ creationDate: undefined }, 'creationDate is missing'],
  [{ creationDate: 'yesterday' }, 'creationDate must be an instant such as "2023-11-01T12:30:00.000Z"'],
  [{ creationDate: 1698841800 }, 'creationDate must be an instant such as "2023-11-01T12:30:00.000Z"'],
  [
    { creationDate: '2023-02-29T12:30:00.000Z' },
    'creationDate must be an instant such as "2023-11-01T12:30:00.000Z"',
  ],
  [
    { creationDate: '2023-11-01T12:30:60.000Z' },
    'creationDate must be an instant such as "2023-11-01T12:30:00.000Z"',
  ],
  [
    { creationDate: '0000-11-01T12:30:00.000Z' },
    'creationDate must be an instant such as "2023-11-01T12:30:00.000Z"',
  ],
  [{ customerStatus: undefined }, 'customerStatus is missing'],
  [{ customerStatus: 'CLIENT' }, 'customerStatus must be "Prospect" or "Client"'],
  [{ customerStatus: 1 }, 'customerStatus must be "Prospect" or "Client"'],
  [{ canBeContactedByMaison: 'yes' }, 'canBeContactedByMaison must be true or false'],
  [{ hasSapCrmError: 0 }, 'hasSapCrmError must be true or false'],
  [{ clientSpending: '5' }, 'clientSpending must be a number'],
  [{ clientSpending: 1.234 }, 'clientSpending has more than two decimals'],
  [{ clientSpending: 1e14 }, 'clientSpending has more than 14 digits before the point'],
  [{ lastTransactionDate: 'x' }, 'lastTransactionDate must be an instant such as "2023-11-01T12:30:00.000Z"'],
  [{ saleRepresentativeEmail: false }, 'saleRepresentativeEmail must be a text'],
  [{ vip: true }, 'unknown key "vip"'],
  [{ [`${'x'.repeat(70)}`]: 1 }, `unknown key "${'x'.repeat(60)}…"`],
  [{ interests: {} }, 'interests must be a list'],
  [{ interests: ['CA-1'] }, 'interests[0] must be an object'],
  [{ interests: [{ interest: 'Gold' }] }, 'interests[0].sapInterestId is missing'],
  [{ interests: [{ sapInterestId: '' }] }, 'interests[0].sapInterestId is empty'],
  [{ interests: [{ sapInterestId: 'a', interest: 1 }] }, 'interests[0].interest must be a text'],
  [{ interests: [{ sapInterestId: 'a', id: 1 }] }, 'unknown key "id" in interests[0]'],
  [
    { interests: [{ sapInterestId: 'CA-1' }, { sapInterestId: 'CA-1' }] },
    'interests has the sapInterestId "CA-1" twice',
  ],
  [{ hobbies: [{}] }, 'hobbies[0] has neither hobby nor sapHobbyId'],
  [{ hobbies: [{ hobby: 'x'.repeat(321) }] }, 'hobbies[0].hobby has more than 320 characters'],
  [
    {
      hobbies: [
        { hobby: 'Art', sapHobbyId: 'ART' },
        { hobby: 'Kunst', sapHobbyId: 'ART' },
      ],
    },
    'hobbies has the sapHobbyId "ART" twice',
  ],
  [{ hobbies: [{ hobby: 'Art' }, { hobby: 'Art' }] }, 'hobbies has the hobby "Art" twice'],
  [{ productCollections: 'Love' }, 'productCollections must be a list'],
  [
    { productCollections: [{ sapProductCollectionId: 'L' }, { sapProductCollectionId: 'L' }] },
    'productCollections has the sapProductCollectionId "L" twice',
  ],
  [{ transactions: 'none' }, 'transactions must be a list'],
  [{ transactions: [{}] }, 'transactions[0].transactionId is missing'],
  [{ transactions: [{ transactionId: 't' }] }, 'transactions[0].transactionDate is missing'],
  [
    { transactions: [{ transactionId: 't', transactionDate: '2024-01-01' }] },
    'transactions[0].amount is missing',
  ],
  [
    { transactions: [{ transactionId: 't', transactionDate: '2024-01-01', amount: 0.001 }] },
    'transactions[0].amount has more than two decimals',
  ],
  [
    {
      transactions: [
        {
          transactionId: 't',
          transactionDate: '2024-01-01',
          amount: 1,
          productCategory: { grandCategoryId: 1 },
        },
      ],
    },
    'transactions[0].productCategory.grandCategoryId must be a text',
  ],
  [
    {
      transactions: [
        { transactionId: 't', transactionDate: '2024-01-01', amount: 1 },
        { transactionId: 't', transactionDate: '2024-01-02', amount: 2 },
      ],
    },
    'transactions has the transactionId "t" twice',
  ],
  [
    {
      transactions: [
        { transactionId: 't', transactionDate: '2024-01-01', amount: 99999999999999 },
        { transactionId: 'u', transactionDate: '2024-01-02', amount: 1 },
      ],
    },
    'the total of transactions has more than 14 digits before the point',
  ],
];

test.each(faults.map(([more, reason]) => ({ more, reason })))(
  'a line is refused: $reason',
  ({ more, reason }) => {
    expect(() => parse(more)).toThrow(new BadLine(reason));
  },
);
