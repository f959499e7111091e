import { flag, instant, type Kind, number, numbers, objects, statuses, text, texts } from './kinds.ts';
import { nameFinder } from './names.ts';

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

/** The parameter that is meant. */
export const findName = nameFinder(parameterNames);
