import type { CustomerLine } from './customer-line.ts';

/** The tables that a batch of lines is put into; `import-staging.ts` has their columns, in the order used here. */
export const stagingTables = [
  'import_customers',
  'import_interests',
  'import_hobbies',
  'import_product_collections',
  'import_transactions',
] as const;
export type StagingTable = (typeof stagingTables)[number];

/** Rows for the staging tables, as COPY reads them. */
export type Rows = {
  /** Adds a customer's; `place` is that of its line. */
  readonly add: (customer: CustomerLine, place: number) => void;
  /** How many were added since the start. */
  readonly count: () => number;
  /** Characters waiting to be taken. */
  readonly size: () => number;
  /** Takes what is waiting, table by table. */
  readonly take: () => ReadonlyMap<StagingTable, string>;
};

export function createRows(): Rows {
  let count = 0;
  let size = 0;
  const waiting = new Map<StagingTable, string[]>();
  const put = (table: StagingTable, row: string) => {
    count += 1;
    size += row.length;
    const rows = waiting.get(table);
    if (rows) rows.push(row);
    else waiting.set(table, [row]);
  };

  return {
    add(customer, place) {
      const key = `${place}\t${customer.boosterCustomerId}`;
      put('import_customers', customerRow(customer, key));
      for (const { id, label } of customer.interests) {
        put('import_interests', `${key}\t${copyText(id)}\t${copyText(label)}\n`);
      }
      for (const { id, label } of customer.hobbies) {
        put('import_hobbies', `${key}\t${copyText(id)}\t${copyText(label)}\n`);
      }
      for (const { id, label } of customer.productCollections) {
        put('import_product_collections', `${key}\t${copyText(id)}\t${copyText(label)}\n`);
      }
      for (const { transactionId, transactionDate, amount, category } of customer.transactions ?? []) {
        const path = category ? category.map(copyText).join('\t') : '\\N\t\\N\t\\N\t\\N\t\\N';
        put(
          'import_transactions',
          `${key}\t${copyText(transactionId)}\t${transactionDate}\t${amount}\t${path}\n`,
        );
      }
    },
    count: () => count,
    size: () => size,
    take() {
      const taken = new Map([...waiting].map(([table, rows]) => [table, rows.join('')]));
      waiting.clear();
      size = 0;
      return taken;
    },
  };
}

function customerRow(customer: CustomerLine, key: string): string {
  const columns = [
    key,
    copyText(customer.sapCrmId),
    copyText(customer.brand),
    copyText(customer.posCode),
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
  return `${columns.join('\t')}\n`;
}

/** A value of COPY's text format. */
function copyText(value: string | null): string {
  if (value === null) return '\\N';
  return special.test(value) ? value.replace(everySpecial, escapeOne) : value;
}

const special = /[\\\t\n\r]/;
const everySpecial = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escapeOne = (character: string): string => escapes[character] ?? character;
