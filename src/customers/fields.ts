import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import {
  customerHobbies,
  customerInterests,
  customerProductCollections,
  customers,
  transactions,
} from '../db/tables.ts';

/** How each field of the GraphQL type `Customer` becomes JSON text, `null` included. */
export type Field = Leaf | Group | List;
export type Fields = Readonly<Record<string, Field>>;

type Leaf = { readonly kind: 'leaf'; readonly json: SQL };
/** An object made of columns of the same row; null unless `present`. */
type Group = { readonly kind: 'group'; readonly present: SQL; readonly fields: Fields };
/** The rows of a child table, in order; an empty list when there are none. */
export type List = {
  readonly kind: 'list';
  readonly table: PgTable;
  readonly customerId: PgColumn;
  readonly order: SQL;
  readonly fields: Fields;
};

// JSON text as JSON.stringify writes it.
const text = (column: PgColumn): Leaf => leaf(sql`coalesce(to_json(${column})::text, 'null')`);
const integer = (column: PgColumn): Leaf => leaf(sql`${column}::text`);
const boolean = (column: PgColumn): Leaf => leaf(sql`${column}::text`);
/** Shortest form: `2.5`, `5`. */
const amount = (column: PgColumn): Leaf => leaf(sql`trim_scale(${column})::text`);
/** UTC with milliseconds; microseconds are cut off, as JavaScript does. */
const instant = (column: PgColumn): Leaf =>
  leaf(sql`coalesce(to_char(${column} at time zone 'UTC', '"\\""YYYY-MM-DD"T"HH24:MI:SS.MS"Z\\""'), 'null')`);
const leaf = (json: SQL): Leaf => ({ kind: 'leaf', json });
const typename = (name: string): Leaf => leaf(sql.raw(`'"${name}"'`));

const productCategory: Group = {
  kind: 'group',
  present: sql`num_nonnulls(${transactions.brandCategoryId}, ${transactions.grandCategoryId}, ${transactions.masterCategoryId}, ${transactions.categoryId}, ${transactions.subCategoryId}) > 0`,
  fields: {
    __typename: typename('ProductCategory'),
    brandCategoryId: text(transactions.brandCategoryId),
    grandCategoryId: text(transactions.grandCategoryId),
    masterCategoryId: text(transactions.masterCategoryId),
    categoryId: text(transactions.categoryId),
    subCategoryId: text(transactions.subCategoryId),
  },
};

/** The fields of `Customer`, in the order of the default line. */
export const customerFields: Fields = {
  __typename: typename('Customer'),
  boosterCustomerId: integer(customers.boosterCustomerId),
  sapCrmId: text(customers.sapCrmId),
  brand: text(customers.brand),
  posCode: text(customers.posCode),
  firstName: text(customers.firstName),
  lastName: text(customers.lastName),
  email: text(customers.email),
  phoneNumber: text(customers.phoneNumber),
  locationCountryId: text(customers.locationCountryId),
  birthdate: text(customers.birthdate),
  creationDate: instant(customers.creationDate),
  customerStatus: text(customers.customerStatus),
  canBeContactedByMaison: boolean(customers.canBeContactedByMaison),
  hasSapCrmError: boolean(customers.hasSapCrmError),
  clientSpending: amount(customers.clientSpending),
  lastTransactionDate: instant(customers.lastTransactionDate),
  saleRepresentativeEmail: text(customers.saleRepresentativeEmail),
  interests: {
    kind: 'list',
    table: customerInterests,
    customerId: customerInterests.boosterCustomerId,
    order: sql`${customerInterests.sapInterestId}`,
    fields: {
      __typename: typename('CustomerInterest'),
      interest: text(customerInterests.interest),
      sapInterestId: text(customerInterests.sapInterestId),
    },
  },
  hobbies: {
    kind: 'list',
    table: customerHobbies,
    customerId: customerHobbies.boosterCustomerId,
    order: sql`${customerHobbies.sapHobbyId}, ${customerHobbies.hobby}`,
    fields: {
      __typename: typename('CustomerHobby'),
      hobby: text(customerHobbies.hobby),
      sapHobbyId: text(customerHobbies.sapHobbyId),
    },
  },
  productCollections: {
    kind: 'list',
    table: customerProductCollections,
    customerId: customerProductCollections.boosterCustomerId,
    order: sql`${customerProductCollections.sapProductCollectionId}`,
    fields: {
      __typename: typename('CustomerProductCollection'),
      productCollection: text(customerProductCollections.productCollection),
      sapProductCollectionId: text(customerProductCollections.sapProductCollectionId),
    },
  },
  transactions: {
    kind: 'list',
    table: transactions,
    customerId: transactions.boosterCustomerId,
    order: sql`${transactions.transactionDate}, ${transactions.transactionId}`,
    fields: {
      __typename: typename('CustomerTransaction'),
      transactionId: text(transactions.transactionId),
      transactionDate: instant(transactions.transactionDate),
      amount: amount(transactions.amount),
      productCategory,
    },
  },
};
