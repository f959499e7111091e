import type { CustomerLine, TransactionLine } from '../customer-line.ts';
import { addAmounts, parseJson, readAmount } from './amount.ts';
import { readHobbies, readInterests, readProductCollections, readTransactions } from './lists.ts';
import {
  BadLine,
  isObject,
  type JsonObject,
  MAX_CODE,
  MAX_TEXT,
  MAX_WORD,
  readCode,
  readDate,
  readE164,
  readFlag,
  readId,
  readInstantAt,
  readText,
  refuseMissing,
  refuseUnknown,
} from './values.ts';

const keys: ReadonlySet<string> = new Set<keyof CustomerLine>([
  'boosterCustomerId',
  'sapCrmId',
  'brand',
  'posCode',
  'firstName',
  'lastName',
  'email',
  'phoneNumber',
  'locationCountryId',
  'birthdate',
  'creationDate',
  'customerStatus',
  'canBeContactedByMaison',
  'hasSapCrmError',
  'clientSpending',
  'lastTransactionDate',
  'saleRepresentativeEmail',
  'interests',
  'hobbies',
  'productCollections',
  'transactions',
]);

/**
 * Reads one line of a file of customers.
 *
 * A line says all of a customer but the transactions. A missing key is the same as null: no value, an empty list,
 * `false`, or a spending of 0. `boosterCustomerId`, `brand`, `posCode`, `creationDate` and `customerStatus` must be
 * there; of a list's elements their SAP id (of a hobby that or its text), of a transaction all but its category.
 * Without `transactions` the line says nothing of them; with them, spending and last transaction follow from them.
 * @throws {BadLine} with the first fault.
 */
export function parseCustomerLine(text: string): CustomerLine {
  const line = parseObject(text);
  refuseUnknown(line, keys);
  const { boosterCustomerId, sapCrmId, brand, posCode, firstName, lastName, email, phoneNumber } = line;
  const { locationCountryId, birthdate, creationDate, customerStatus } = line;
  const { canBeContactedByMaison, hasSapCrmError, saleRepresentativeEmail } = line;
  const { interests, hobbies, productCollections } = line;
  return {
    boosterCustomerId: readId(boosterCustomerId, 'boosterCustomerId'),
    sapCrmId: readText(sapCrmId, 'sapCrmId', MAX_CODE),
    brand: readCode(brand, 'brand'),
    posCode: readCode(posCode, 'posCode'),
    firstName: readText(firstName, 'firstName', MAX_TEXT),
    lastName: readText(lastName, 'lastName', MAX_TEXT),
    email: readText(email, 'email', MAX_WORD),
    phoneNumber: readE164(phoneNumber, 'phoneNumber'),
    locationCountryId: readText(locationCountryId, 'locationCountryId', MAX_CODE),
    birthdate: readDate(birthdate, 'birthdate'),
    creationDate: refuseMissing(readInstantAt(creationDate, 'creationDate'), 'creationDate'),
    customerStatus: readStatus(customerStatus),
    canBeContactedByMaison: readFlag(canBeContactedByMaison, 'canBeContactedByMaison'),
    hasSapCrmError: readFlag(hasSapCrmError, 'hasSapCrmError'),
    saleRepresentativeEmail: readText(saleRepresentativeEmail, 'saleRepresentativeEmail', MAX_WORD),
    interests: readInterests(interests),
    hobbies: readHobbies(hobbies),
    productCollections: readProductCollections(productCollections),
    ...readPurchases(line),
  };
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw new BadLine('not JSON');
  }
  if (!isObject(value)) throw new BadLine('not a JSON object');
  return value;
}

function readStatus(value: unknown): CustomerLine['customerStatus'] {
  const status = refuseMissing(value, 'customerStatus');
  if (status === 'Prospect' || status === 'Client') return status;
  throw new BadLine('customerStatus must be "Prospect" or "Client"');
}

type Purchases = Pick<CustomerLine, 'transactions' | 'clientSpending' | 'lastTransactionDate'>;

/** The line's own totals are checked even where its transactions make others of them. */
function readPurchases({ clientSpending, lastTransactionDate, transactions }: JsonObject): Purchases {
  const own = {
    clientSpending: readAmount(clientSpending, 'clientSpending') ?? '0',
    lastTransactionDate: readInstantAt(lastTransactionDate, 'lastTransactionDate'),
  };
  const bought = readTransactions(transactions);
  if (!bought) return { ...own, transactions: null };
  const amounts = bought.map(({ amount }) => amount);
  return {
    clientSpending: addAmounts(amounts, 'the total of transactions'),
    lastTransactionDate: latestOf(bought),
    transactions: bought,
  };
}

function latestOf(transactions: readonly TransactionLine[]): string | null {
  let latest: string | null = null;
  for (const { transactionDate } of transactions) {
    // Without the Z, which would sort behind a digit.
    if (latest === null || transactionDate.slice(0, -1) > latest.slice(0, -1)) latest = transactionDate;
  }
  return latest;
}
