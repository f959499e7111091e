import type { CustomerLine } from './customer-line.ts';

/** What a row of the staging table is of: a customer or an element of one of its lists. */
export type RowKind = 'c' | 'i' | 'h' | 'p' | 't';

/**
 * Values of a row behind `place`, `booster_customer_id` and `kind`: as many as a customer has. `import-staging.ts`
 * names them, in the order used here.
 */
export const ROW_VALUES = 17;

/** Rows of the staging table on their way there, as COPY reads them. */
export type Rows = {
  /** Adds those of a customer; `place` is that of its line among the lines. */
  readonly add: (customer: CustomerLine, place: number) => void;
  /** How many were added in all. */
  readonly count: () => number;
  /** Characters that wait to be taken. */
  readonly size: () => number;
  readonly take: () => string;
};

export function createRows(): Rows {
  let waiting: string[] = [];
  let count = 0;
  let size = 0;
  const put = (row: string) => {
    waiting.push(row);
    count += 1;
    size += row.length;
  };

  return {
    add(customer, place) {
      const key = `${place}\t${customer.boosterCustomerId}\t`;
      const brand = copyText(customer.brand);
      put(customerRow(key, brand, customer));
      for (const { id, label } of customer.interests) put(tagRow(key, 'i', brand, id, label));
      for (const { id, label } of customer.hobbies) put(tagRow(key, 'h', brand, id, label));
      for (const { id, label } of customer.productCollections) put(tagRow(key, 'p', brand, id, label));
      for (const { transactionId, transactionDate, amount, category } of customer.transactions ?? []) {
        const path = category ? category.map(copyText).join('\t') : noCategory;
        put(
          `${key}t\t${brand}\t${copyText(transactionId)}\t${transactionDate}\t${amount}\t${path}${noneAfter9}`,
        );
      }
    },
    count: () => count,
    size: () => size,
    take() {
      const text = waiting.join('');
      waiting = [];
      size = 0;
      return text;
    },
  };
}

const noCategory = Array(5).fill('\\N').join('\t');
const endOfRow = (values: number) => `${'\t\\N'.repeat(ROW_VALUES - values)}\n`;
const noneAfter3 = endOfRow(3);
const noneAfter9 = endOfRow(9);

function tagRow(key: string, kind: RowKind, brand: string, id: string | null, label: string | null): string {
  return `${key}${kind}\t${brand}\t${copyText(id)}\t${copyText(label)}${noneAfter3}`;
}

function customerRow(key: string, brand: string, customer: CustomerLine): string {
  const values = [
    `${key}c`,
    brand,
    copyText(customer.posCode),
    copyText(customer.sapCrmId),
    copyText(customer.firstName),
    copyText(customer.lastName),
    copyText(customer.email),
    copyText(customer.phoneNumber),
    copyText(customer.locationCountryId),
    copyText(customer.birthdate),
    customer.creationDate,
    customer.customerStatus,
    customer.canBeContactedByMaison,
    customer.hasSapCrmError,
    customer.clientSpending,
    copyText(customer.lastTransactionDate),
    copyText(customer.saleRepresentativeEmail),
    customer.transactions !== null,
  ];
  return `${values.join('\t')}\n`;
}

/** A text in COPY's text format. */
function copyText(value: string | null): string {
  if (value === null) return '\\N';
  return special.test(value) ? value.replace(everySpecial, (character) => escapes[character] ?? '') : value;
}

const special = /[\\\t\n\r]/;
const everySpecial = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
