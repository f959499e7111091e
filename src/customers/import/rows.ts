import type { CustomerLine } from '../customer-line.ts';
import { lineVersion } from '../stored-lines.ts';
import { writeLine } from './stored-line.ts';

/** A table that customers are loaded into, and the rows that a customer has there, in COPY's text format. */
export type LoadedTable = {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rowsOf: (customer: CustomerLine) => string;
};

/** The key first. */
export const customerColumns: readonly string[] = [
  'booster_customer_id',
  'brand',
  'pos_code',
  'sap_crm_id',
  'first_name',
  'last_name',
  'email',
  'phone_number',
  'location_country_id',
  'birthdate',
  'creation_date',
  'customer_status',
  'can_be_contacted_by_maison',
  'has_sap_crm_error',
  'client_spending',
  'last_transaction_date',
  'sale_representative_email',
];

/** What a customer and the elements of its lists are. */
export const sources: readonly LoadedTable[] = [
  {
    name: 'customers',
    columns: customerColumns,
    rowsOf: (customer) =>
      `${customer.boosterCustomerId}\t${copyText(customer.brand)}\t${copyText(customer.posCode)}\t${copyText(customer.sapCrmId)}\t${copyText(customer.firstName)}\t${copyText(customer.lastName)}\t${copyText(customer.email)}\t${copyText(customer.phoneNumber)}\t${copyText(customer.locationCountryId)}\t${copyText(customer.birthdate)}\t${customer.creationDate}\t${customer.customerStatus}\t${customer.canBeContactedByMaison}\t${customer.hasSapCrmError}\t${customer.clientSpending}\t${copyText(customer.lastTransactionDate)}\t${copyText(customer.saleRepresentativeEmail)}\n`,
  },
  {
    name: 'customer_interests',
    columns: ['booster_customer_id', 'sap_interest_id', 'interest'],
    rowsOf: ({ boosterCustomerId, interests }) => elementRows(boosterCustomerId, interests),
  },
  {
    name: 'customer_hobbies',
    columns: ['booster_customer_id', 'sap_hobby_id', 'hobby'],
    rowsOf: ({ boosterCustomerId, hobbies }) => elementRows(boosterCustomerId, hobbies),
  },
  {
    name: 'customer_product_collections',
    columns: ['booster_customer_id', 'sap_product_collection_id', 'product_collection'],
    rowsOf: ({ boosterCustomerId, productCollections }) => elementRows(boosterCustomerId, productCollections),
  },
  {
    name: 'transactions',
    columns: [
      'booster_customer_id',
      'transaction_id',
      'transaction_date',
      'amount',
      'brand_category_id',
      'grand_category_id',
      'master_category_id',
      'category_id',
      'sub_category_id',
    ],
    rowsOf({ boosterCustomerId, transactions }) {
      if (transactions === null) return '';
      let rows = '';
      for (const { transactionId, transactionDate, amount, category } of transactions) {
        const path = category ? category.map(copyText).join('\t') : noCategory;
        rows += `${boosterCustomerId}\t${copyText(transactionId)}\t${transactionDate}\t${amount}\t${path}\n`;
      }
      return rows;
    },
  },
];

const noCategory = Array(5).fill('\\N').join('\t');

type Element = { readonly id: string | null; readonly label: string | null };

function elementRows(boosterCustomerId: number, elements: readonly Element[]): string {
  let rows = '';
  for (const { id, label } of elements) rows += `${boosterCustomerId}\t${copyText(id)}\t${copyText(label)}\n`;
  return rows;
}

/** The stored lines of customers that are all here. */
export function storedLines(): LoadedTable {
  const version = lineVersion();
  return {
    name: 'customer_lines',
    columns: ['brand', 'pos_code', 'booster_customer_id', 'version', 'line'],
    rowsOf: (customer) =>
      `${copyText(customer.brand)}\t${copyText(customer.posCode)}\t${customer.boosterCustomerId}\t${version}\t${copyText(writeLine(customer))}\n`,
  };
}

/** A text in COPY's text format. */
function copyText(value: string | null): string {
  if (value === null) return '\\N';
  return special.test(value) ? value.replace(everySpecial, (character) => escapes[character] ?? '') : value;
}

const special = /[\\\t\n\r]/;
const everySpecial = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
