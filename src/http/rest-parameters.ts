import { flag, instant, type Kind, number, numbers, objects, statuses, text, texts } from './rest-kinds.ts';

/** The parameters of the REST page, under its names. What their values may be is for the filter to say. */
export const parameters: ReadonlyMap<string, Kind> = new Map(
  Object.entries({
    downloadRequestId: text,
    brand: text,
    posCodes: texts,
    searchKey: text,
    phoneNumber: text,
    email: text,
    locationCountryIds: texts,
    clientSpendingFrom: number,
    clientSpendingTo: number,
    creationDateFrom: instant,
    creationDateTo: instant,
    transactionDateFrom: instant,
    transactionDateTo: instant,
    canBeContactedByMaison: flag,
    birthdateMonths: numbers,
    interests: objects('interest', 'sapInterestId'),
    hobbies: objects('hobby', 'sapHobbyId'),
    productCollections: objects('productCollection', 'sapProductCollectionId'),
    customerStatus: statuses,
    boosterCustomerIds: numbers,
    hasSapCrmError: flag,
    productCategories: objects(
      'brandCategoryId',
      'grandCategoryId',
      'masterCategoryId',
      'categoryId',
      'subCategoryId',
    ),
    saleRepresentativeEmails: texts,
  }),
);

export const parameterNames = [...parameters.keys()];

/** The one of these names that is meant, whatever its case; null for none. */
export function findName(given: string, names: readonly string[] = parameterNames): string | null {
  const lowered = given.toLowerCase();
  return names.find((name) => name.toLowerCase() === lowered) ?? null;
}
