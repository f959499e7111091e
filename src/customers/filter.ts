import type { z } from 'zod';
import type { Problem } from '../errors.ts';
import { filterSchema, findReversedRanges } from './filter/schema.ts';
import { listProblems } from './filter/values.ts';

/**
 * A filter as understood: whole, in range, and in one form. It is JSON, and parsing it again gives the same filter.
 * An absent field does not filter. A customer matches when it matches every field given.
 */
export type CustomerFilter = {
  readonly brand: string;
  readonly posCodes: readonly string[];
  /** Without outer spaces. */
  readonly searchKey?: string;
  /** `+` and 4 to 15 digits. */
  readonly phoneNumber?: string;
  /** Without outer spaces. */
  readonly email?: string;
  /** Two lower-case letters each. */
  readonly locationCountryIds?: readonly string[];
  readonly clientSpendingFrom?: number;
  readonly clientSpendingTo?: number;
  /** Instants are UTC with milliseconds, or with microseconds when there are any: `2023-11-01T12:30:00.000Z`. */
  readonly creationDateFrom?: string;
  readonly creationDateTo?: string;
  readonly transactionDateFrom?: string;
  readonly transactionDateTo?: string;
  readonly canBeContactedByMaison?: boolean;
  readonly birthdateMonths?: readonly number[];
  readonly interests?: readonly CustomerInterest[];
  readonly hobbies?: readonly CustomerHobby[];
  readonly productCollections?: readonly ProductCollection[];
  readonly customerStatus?: readonly CustomerStatus[];
  readonly boosterCustomerIds?: readonly number[];
  readonly hasSapCrmError?: boolean;
  readonly productCategories?: readonly ProductCategory[];
  readonly saleRepresentativeEmails?: readonly string[];
};

export type CustomerStatus = 'PROSPECT' | 'CLIENT';
export type CustomerInterest = { readonly interest: string; readonly sapInterestId: string };
/** At least one of the two; the id decides when there is one. */
export type CustomerHobby = { readonly hobby?: string; readonly sapHobbyId?: string };
export type ProductCollection = {
  readonly productCollection: string;
  readonly sapProductCollectionId: string;
};
export type ProductCategory = {
  readonly brandCategoryId?: string;
  readonly grandCategoryId: string;
  readonly masterCategoryId?: string;
  readonly categoryId?: string;
  readonly subCategoryId?: string;
};

/** What a caller hands over: the same names, where anything may still be missing, null or wrong. */
export type CustomerFilterInput = Loose<CustomerFilter>;
type Loose<T> = T extends readonly (infer Element)[]
  ? readonly (Loose<Element> | null | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Loose<T[Key]> | null | undefined }
    : T;

const schema: z.ZodType<CustomerFilter> = filterSchema;

/**
 * Reads a filter, or says everything that is wrong with it.
 * `input` is a CustomerFilterInput or any JSON value, a stored CustomerFilter among them.
 * Paths start at the request's root: `['filter', 'interests', '0', 'sapInterestId']`.
 */
export function parseCustomerFilter(
  input: unknown,
): { readonly filter: CustomerFilter } | { readonly problems: readonly Problem[] } {
  const parsed = schema.safeParse(input);
  const reversed = findReversedRanges(input);
  if (parsed.success && reversed.length === 0) return { filter: parsed.data };
  return { problems: [...(parsed.success ? [] : listProblems(parsed.error, 'filter')), ...reversed] };
}

/**
 * One value for all filters that mean the same, for telling a repeated request from another: lists are sets, case is
 * folded where it is ignored, and labels are left out where an id decides. Its keys always stand in this order.
 */
export function canonicalFilter(filter: CustomerFilter): Readonly<Record<string, unknown>> {
  return {
    brand: filter.brand,
    posCodes: toSet(filter.posCodes),
    searchKey: fold(filter.searchKey),
    phoneNumber: filter.phoneNumber ?? null,
    email: fold(filter.email),
    locationCountryIds: toSet(filter.locationCountryIds),
    clientSpendingFrom: filter.clientSpendingFrom ?? null,
    clientSpendingTo: filter.clientSpendingTo ?? null,
    creationDateFrom: filter.creationDateFrom ?? null,
    creationDateTo: filter.creationDateTo ?? null,
    transactionDateFrom: filter.transactionDateFrom ?? null,
    transactionDateTo: filter.transactionDateTo ?? null,
    canBeContactedByMaison: filter.canBeContactedByMaison ?? null,
    birthdateMonths: toSet(filter.birthdateMonths),
    interests: toSet(filter.interests?.map((interest) => interest.sapInterestId)),
    hobbyIds: toSet(filter.hobbies?.flatMap((hobby) => hobby.sapHobbyId ?? [])),
    hobbyTexts: toSet(
      filter.hobbies?.flatMap((hobby) => (hobby.sapHobbyId ? [] : (fold(hobby.hobby) ?? []))),
    ),
    productCollections: toSet(
      filter.productCollections?.map((collection) => collection.sapProductCollectionId),
    ),
    customerStatus: toSet(filter.customerStatus),
    boosterCustomerIds: toSet(filter.boosterCustomerIds),
    hasSapCrmError: filter.hasSapCrmError ?? null,
    productCategories: toSet(filter.productCategories?.map(nameCategory)),
    saleRepresentativeEmails: toSet(filter.saleRepresentativeEmails?.map((email) => fold(email))),
  };
}

/** The elements once each, in one order; none when nothing is filtered. */
function toSet<T>(list: readonly T[] = []): T[] {
  // By `<`, since the default order would make a text of each of 10,000 numbers, over and over.
  return [...new Set(list)].sort((a, b) => (a < b ? -1 : 1));
}

/** As `fold_case` in the database. */
function fold(text: string | undefined): string | null {
  return text?.toLowerCase().replaceAll('ς', 'σ') ?? null;
}

function nameCategory(category: ProductCategory): string {
  const { brandCategoryId, grandCategoryId, masterCategoryId, categoryId, subCategoryId } = category;
  return JSON.stringify([brandCategoryId, grandCategoryId, masterCategoryId, categoryId, subCategoryId]);
}
