import { sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../../src/db/client.ts';
import * as tables from '../../../src/db/tables.ts';
import { fc } from '../../support/fast-check.ts';
import type { Category, TestCustomer } from './oracle.ts';

// A few hundred customers made of what goes wrong: accents, signs that LIKE and SQL know, values that are nearly
// equal, and nothing at all.

export const brandCodes = ['cartier', 'Cartier', "d'or"];
export const posCodes = ['P1', 'P2', 'p1', 'P%', ' P1'];
export const firstNames = [
  'José',
  'JOSE',
  'Jose\u0301',
  'Zoë',
  'Łucja',
  'Øyvind',
  'Straße',
  'İpek',
  'Ipek',
  'ΝΙΚΟΣ',
  'Νίκος',
  'Nguyễn',
  'Anna Maria',
  'anna',
  'A_a',
  'A%a',
  'A\\a',
  'Aba',
  "O'Neil",
  'O’Neil',
  '"Q"',
  'Ｊoe',
  'Ёлка',
  '李',
  '50%',
  'Æsa',
  '',
];
export const lastNames = [
  'Müller',
  'MULLER',
  'Mueller',
  'Dvořák',
  'de la Cruz',
  'Cruz',
  'D’Or',
  "D'Or",
  'Çelik',
  'Παπαδόπουλος',
  'Smith_',
  'Smith%',
  'Smith\\',
  'Smith',
  'X',
  '王',
  'null',
  'Żółć',
  '100%_\\',
];
export const emails = [
  'jose@example.com',
  'JOSE@Example.com',
  ' jose@example.com ',
  'a_b@x.io',
  'aXb@x.io',
  'a%b@x.io',
  "o'neil@x.io",
  'zoë@x.io',
  'ZOË@X.IO',
  'zoe@x.io',
  'back\\slash@x.io',
  '"quoted"@x.io',
  'no-at-sign',
  '333123456',
  '{a,b}@x.io',
];
/** Calling code, national number, and how the CRM wrote them. */
export const phones = [
  ['39', '333123456', '+39333123456'],
  ['39', '0612345', '+39 06 12345'],
  ['1', '4155552671', '+14155552671'],
  ['1', '2425552671', '+1 (242) 555-2671'],
  ['7', '9161234567', '+79161234567'],
  ['44', '7911123456', '0044 7911.123.456'],
  ['852', '12345678', '+85212345678'],
  ['353', '12345', '+35312345'],
  ['420', '333123456', '+420333123456'],
  ['86', '13812345678', '+86[138]1234‑5678'],
  ['212', '612345', '+212612345'],
] as const;
export const sapCrmIds = ['CRM-1', 'crm-1', 'CRM_1', '42', '333123456', 'É1', 'é1', 'E1', 'jose'];
export const countryIds = ['it', 'IT', 'fr', 'Fr', 'ch', 'zz'];
export const instants = [
  '2024-02-29T00:00:00.000000Z',
  '2024-02-28T23:59:59.999999Z',
  '2024-02-29T23:59:59.999999Z',
  '2024-02-29T23:59:59.999Z',
  '2024-03-01T00:00:00Z',
  '2024-03-01T00:00:00.000001Z',
  '2023-11-01T12:30:00.123456Z',
  '2023-11-01T12:30:00.123457Z',
  '2023-11-01T12:30:00.123Z',
  '1999-12-31T23:59:59.5Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999Z',
];
const prices = [0n, 1n, 10n, 30n, 29n, 99_999n, 100_000n, 100_001n, -500n];
/** The last two are one number in binary. */
export const cents = [...prices, 250n, 99_999_999_999_999n, 9_007_199_254_740_990n, 9_007_199_254_740_991n];
export const ids = ['CA-1', 'ca-1', 'CA-2', 'A,B', '{}', '"', '\\', 'NULL', "'", 'é'];
export const hobbyTexts = ['Art', 'ART', 'Árt', 'Golf', 'golf & polo', 'NULL', 'a,b', 'Ski\\', '%'];
export const repEmails = ['rep@x.io', 'REP@x.io', 'r_p@x.io', 'é@x.io', 'É@x.io'];
const birthdates = ['1980-02-29', '2000-12-31', '1975-01-01', '1990-06-15', '2024-07-31'];

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 5 });
const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values);

const category: fc.Arbitrary<Category> = fc.record({
  brandCategoryId: maybe(oneOf(['b1', 'b2', 'NULL'])),
  grandCategoryId: maybe(oneOf(['g1', 'g2', 'G1'])),
  masterCategoryId: maybe(oneOf(['m1', 'm2'])),
  categoryId: maybe(oneOf(['c1', 'c2'])),
  subCategoryId: maybe(oneOf(['s1', "s'2"])),
});

const transaction = fc.record({
  transactionDate: oneOf(instants),
  amount: oneOf(prices),
  category,
});

const customer = fc.record({
  sapCrmId: maybe(oneOf(sapCrmIds)),
  brand: oneOf(['cartier', 'cartier', 'cartier', ...brandCodes]),
  posCode: oneOf(posCodes),
  firstName: maybe(oneOf(firstNames)),
  lastName: maybe(oneOf(lastNames)),
  email: maybe(oneOf(emails)),
  phone: maybe(oneOf(phones)),
  locationCountryId: maybe(oneOf(countryIds)),
  birthdate: maybe(oneOf(birthdates)),
  creationDate: oneOf(instants),
  customerStatus: oneOf(['Prospect', 'Client'] as const),
  canBeContactedByMaison: fc.boolean(),
  hasSapCrmError: fc.boolean(),
  givenSpending: oneOf(cents),
  saleRepresentativeEmail: maybe(oneOf(repEmails)),
  interests: fc.uniqueArray(oneOf(ids), { maxLength: 3 }),
  hobbies: fc.uniqueArray(
    fc
      .record({ hobby: maybe(oneOf(hobbyTexts)), sapHobbyId: maybe(oneOf(ids)) })
      .filter((hobby) => hobby.hobby !== null || hobby.sapHobbyId !== null),
    { maxLength: 3, selector: (hobby) => JSON.stringify(hobby) },
  ),
  productCollections: fc.uniqueArray(oneOf(ids), { maxLength: 3 }),
  transactions: fc.array(transaction, { maxLength: 3 }),
});

export const edgeIds = [-2_147_483_648, -1, 0, 42, 333_123_456, 2_147_483_647];

/** The same customers every time. Ids leave gaps and include the smallest and the largest. */
export function makeCustomers(count: number): TestCustomer[] {
  return fc.sample(customer, { numRuns: count, seed: 20_240_229 }).map(({ phone, ...made }, index) => ({
    ...made,
    boosterCustomerId: edgeIds[index] ?? index * 7 + 1,
    phoneNumber: phone?.[2] ?? null,
    callingCode: phone?.[0] ?? '',
  }));
}

/** Stores the brands, each with all the points of sale. */
export async function insertPlaces(db: Database): Promise<void> {
  await db.insert(tables.brands).values(brandCodes.map((code) => ({ code, name: code })));
  const shops = brandCodes.flatMap((brand) => posCodes.map((posCode) => ({ brand, posCode, name: posCode })));
  await db.insert(tables.pointsOfSale).values(shops);
}

/** Stores customers of these places. */
export async function insertCustomers(
  db: Database | Transaction,
  all: readonly TestCustomer[],
): Promise<void> {
  for (const c of all) {
    const { boosterCustomerId } = c;
    await db
      .insert(tables.customers)
      .values({ ...c, creationDate: instant(c.creationDate), clientSpending: decimal(c.givenSpending) });
    const interests = c.interests.map((sapInterestId) => ({ boosterCustomerId, sapInterestId }));
    if (interests.length > 0) await db.insert(tables.customerInterests).values(interests);
    const hobbies = c.hobbies.map((hobby) => ({ boosterCustomerId, ...hobby }));
    if (hobbies.length > 0) await db.insert(tables.customerHobbies).values(hobbies);
    const collections = c.productCollections.map((id) => ({ boosterCustomerId, sapProductCollectionId: id }));
    if (collections.length > 0) await db.insert(tables.customerProductCollections).values(collections);
    const bought = c.transactions.map((transaction, index) => ({
      boosterCustomerId,
      transactionId: `T${index}`,
      transactionDate: instant(transaction.transactionDate),
      amount: decimal(transaction.amount),
      ...transaction.category,
    }));
    if (bought.length > 0) await db.insert(tables.transactions).values(bought);
  }
}

/** As text first, so that no Date takes the microseconds away. */
function instant(text: string) {
  return sql`${text}::text::timestamptz`;
}

function decimal(cents: bigint): string {
  const digits = `${cents < 0n ? -cents : cents}`.padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
