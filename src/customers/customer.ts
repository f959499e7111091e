/** A customer with the values of its line: instants and dates as text, amounts as numbers, missing values null. */
export type Customer = {
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
  readonly clientSpending: number;
  readonly lastTransactionDate: string | null;
  readonly saleRepresentativeEmail: string | null;
  readonly interests: readonly {
    readonly interest: string | null;
    readonly sapInterestId: string;
  }[];
  readonly hobbies: readonly {
    readonly hobby: string | null;
    readonly sapHobbyId: string | null;
  }[];
  readonly productCollections: readonly {
    readonly productCollection: string | null;
    readonly sapProductCollectionId: string;
  }[];
  /** Empty unless asked for. */
  readonly transactions: readonly CustomerTransaction[];
};

export type CustomerTransaction = {
  readonly transactionId: string;
  readonly transactionDate: string;
  readonly amount: number;
  readonly productCategory: ProductCategory | null;
};

export type ProductCategory = {
  readonly brandCategoryId: string | null;
  readonly grandCategoryId: string | null;
  readonly masterCategoryId: string | null;
  readonly categoryId: string | null;
  readonly subCategoryId: string | null;
};
