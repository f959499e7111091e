/**
 * A customer as a line of an export file says it: instants and dates as text, amounts as decimal text, missing
 * values null.
 */
export type CustomerLine = {
  readonly boosterCustomerId: number;
  readonly sapCrmId: string | null;
  readonly brand: string;
  readonly posCode: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  readonly phoneNumber: string | null;
  readonly locationCountryId: string | null;
  readonly birthdate: string | null;
  readonly creationDate: string;
  readonly customerStatus: 'Prospect' | 'Client';
  readonly canBeContactedByMaison: boolean;
  readonly hasSapCrmError: boolean;
  /** The total of `transactions` where there are any. */
  readonly clientSpending: string;
  /** The latest of `transactions` where there are any. */
  readonly lastTransactionDate: string | null;
  readonly saleRepresentativeEmail: string | null;
  readonly interests: readonly Tag[];
  readonly hobbies: readonly Hobby[];
  readonly productCollections: readonly Tag[];
  /** Null when the line says nothing of them. */
  readonly transactions: readonly TransactionLine[] | null;
};

/** An interest or a product collection: its SAP id, unique in the list, and its text. */
export type Tag = { readonly id: string; readonly label: string | null };

/** At least one is there. */
export type Hobby = { readonly id: string | null; readonly label: string | null };

export type TransactionLine = {
  /** Unique among the customer's. */
  readonly transactionId: string;
  readonly transactionDate: string;
  readonly amount: string;
  /** Brand, grand, master, category and sub-category id; null when there is none. */
  readonly category: CategoryPath | null;
};

export type CategoryPath = readonly [
  brand: string | null,
  grand: string | null,
  master: string | null,
  category: string | null,
  sub: string | null,
];
