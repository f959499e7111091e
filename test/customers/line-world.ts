import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';
import { insertCustomers, insertPlaces, makeCustomers, posCodes } from './filter/dataset.ts';
import type { TestCustomer } from './filter/oracle.ts';
import type { TestSelection } from './selection/arbitrary.ts';

// Customers made of what goes wrong in JSON, and their lines said again in plain TypeScript.

const oddTexts = [
  'Zoë "Zed" O’Neill',
  'back\\slash \\n \\u0041',
  'line\nbreak\r\nand\ttab\b\f',
  '\u0001\u001f\u007f\u0080\u2028\u2029\ufeff controls',
  '🛍️👩‍👩‍👧 emoji',
  'שלום עולם',
  'x'.repeat(1_000),
  '</script>{"json":true}',
  '$1 %s %',
  "'); drop table customers; --",
  '',
];

/** Cents that are nobody's sum elsewhere: the largest there is, its negative, and the smallest. */
const oddCents = [9_999_999_999_999_999n, -9_999_999_999_999_999n, -1n, 9_007_199_254_740_993n, 10n];

/** Brand of all that is read. */
export const brand = 'cartier';
export { posCodes };

function makeOdd(): TestCustomer[] {
  return oddTexts.map((text, at) => ({
    boosterCustomerId: 5_000 - at,
    sapCrmId: text,
    brand,
    posCode: 'P1',
    firstName: text,
    lastName: null,
    email: text,
    phoneNumber: null,
    callingCode: '',
    locationCountryId: null,
    birthdate: null,
    creationDate: '1969-12-31T23:59:59.999999Z',
    customerStatus: 'Client',
    canBeContactedByMaison: false,
    hasSapCrmError: true,
    givenSpending: oddCents[at] ?? 0n,
    saleRepresentativeEmail: text,
    interests: text === '' ? [] : [text.slice(0, 300), 'z'],
    hobbies: [
      { hobby: text, sapHobbyId: null },
      { hobby: null, sapHobbyId: text.slice(0, 300) },
      { hobby: 'Z', sapHobbyId: null },
      { hobby: 'a', sapHobbyId: null },
      { hobby: 'A', sapHobbyId: 'Zz' },
      { hobby: '\u{10000}', sapHobbyId: '\u{10000}' },
      { hobby: '\uffff', sapHobbyId: '\uffff' },
    ],
    productCollections: ['a', 'B', 'Á', text.slice(0, 300)],
    transactions:
      at % 2 === 0
        ? []
        : [
            {
              transactionDate: '2024-02-29T23:59:59.999999Z',
              amount: oddCents[at] ?? -50n,
              category: nothing,
            },
            {
              transactionDate: '2024-02-29T23:59:59.999998Z',
              amount: 0n,
              category: { ...nothing, subCategoryId: text },
            },
          ],
  }));
}

const nothing = {
  brandCategoryId: null,
  grandCategoryId: null,
  masterCategoryId: null,
  categoryId: null,
  subCategoryId: null,
};

/** Stores them, and gives those of the brand in order of their ids. */
export async function insertWorld(db: Database): Promise<TestCustomer[]> {
  const all = [...makeCustomers(60), ...makeOdd()];
  await insertPlaces(db);
  await insertCustomers(db, all);
  // Some of the interests and collections have a text as well.
  await db.execute(
    sql`update customer_interests set interest = sap_interest_id || '!' where sap_interest_id ~ '[A-Z]'`,
  );
  await db.execute(
    sql`update customer_product_collections set product_collection = 'é' where sap_product_collection_id ~ '[A-Z]'`,
  );
  return all
    .filter((customer) => customer.brand === brand)
    .sort((a, b) => a.boosterCustomerId - b.boosterCustomerId);
}

/** The line that an export writes of a customer. */
export function writeLine(customer: TestCustomer, selection: TestSelection): string {
  return writeObject(describe(customer), selection);
}

type Node = { readonly [field: string]: string | Node | readonly Node[] | null };

/** Values are JSON text already; objects and lists are what they hold. */
function describe(c: TestCustomer): Node {
  const sum = c.transactions.reduce((sum, { amount }) => sum + amount, 0n);
  const dates = c.transactions.map(({ transactionDate }) => instant(transactionDate)).sort();
  const json = JSON.stringify;
  return {
    __typename: '"Customer"',
    boosterCustomerId: `${c.boosterCustomerId}`,
    sapCrmId: json(c.sapCrmId),
    brand: json(c.brand),
    posCode: json(c.posCode),
    firstName: json(c.firstName),
    lastName: json(c.lastName),
    email: json(c.email),
    phoneNumber: json(c.phoneNumber),
    locationCountryId: json(c.locationCountryId),
    birthdate: json(c.birthdate),
    creationDate: instant(c.creationDate),
    customerStatus: json(c.customerStatus),
    canBeContactedByMaison: `${c.canBeContactedByMaison}`,
    hasSapCrmError: `${c.hasSapCrmError}`,
    clientSpending: amount(c.transactions.length > 0 ? sum : c.givenSpending),
    lastTransactionDate: dates.at(-1) ?? 'null',
    saleRepresentativeEmail: json(c.saleRepresentativeEmail),
    interests: c.interests.toSorted(byCodePoint).map((id) => ({
      __typename: '"CustomerInterest"',
      interest: /[A-Z]/.test(id) ? json(`${id}!`) : 'null',
      sapInterestId: json(id),
    })),
    hobbies: c.hobbies
      .toSorted((a, b) => nullsLast(a.sapHobbyId, b.sapHobbyId) || nullsLast(a.hobby, b.hobby))
      .map(({ hobby, sapHobbyId }) => ({
        __typename: '"CustomerHobby"',
        hobby: json(hobby),
        sapHobbyId: json(sapHobbyId),
      })),
    productCollections: c.productCollections.toSorted(byCodePoint).map((id) => ({
      __typename: '"CustomerProductCollection"',
      productCollection: /[A-Z]/.test(id) ? '"é"' : 'null',
      sapProductCollectionId: json(id),
    })),
    transactions: c.transactions
      .map((transaction, at) => ({ ...transaction, id: `T${at}`, at: micros(transaction.transactionDate) }))
      .sort((a, b) => byCodePoint(a.at, b.at) || byCodePoint(a.id, b.id))
      .map(({ id, transactionDate, amount: cents, category }) => ({
        __typename: '"CustomerTransaction"',
        transactionId: json(id),
        transactionDate: instant(transactionDate),
        amount: amount(cents),
        productCategory: Object.values(category).every((id) => id === null)
          ? null
          : {
              __typename: '"ProductCategory"',
              ...Object.fromEntries(Object.entries(category).map(([key, id]) => [key, json(id)])),
            },
      })),
  };
}

function writeObject(node: Node, selection: TestSelection): string {
  const members = selection.map(({ key, field, selection }) => {
    const value = node[field];
    if (value === undefined) throw new Error(`No value of ${field}.`);
    return `${JSON.stringify(key)}:${writeValue(value, selection)}`;
  });
  return `{${members.join(',')}}`;
}

function writeValue(value: Node[string], selection: TestSelection): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value;
  if (isList(value)) return `[${value.map((each) => writeObject(each, selection)).join(',')}]`;
  return writeObject(value, selection);
}

function isList(value: Node | readonly Node[]): value is readonly Node[] {
  return Array.isArray(value);
}

/** `-500n` is -5, in shortest form. */
function amount(cents: bigint): string {
  const digits = `${cents < 0n ? -cents : cents}`.padStart(3, '0');
  const whole = digits.slice(0, -2);
  const fraction = digits.slice(-2).replace(/0+$/, '');
  return `${cents < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`;
}

/** With six fraction digits, so that text order is time order. */
function micros(text: string): string {
  const [, head, fraction = ''] = /^([^.Z]*)(?:\.(\d+))?Z$/.exec(text) ?? [];
  return `${head}.${fraction.padEnd(6, '0')}Z`;
}

/** JSON of an instant with milliseconds, the rest cut off. */
function instant(text: string): string {
  return `"${micros(text).slice(0, 23)}Z"`;
}

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function nullsLast(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return byCodePoint(a, b);
}
