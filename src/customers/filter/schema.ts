import { z } from 'zod';
import type { Problem } from '../../errors.ts';
import { isLater } from './dates.ts';
import {
  amount,
  countryId,
  flag,
  instant,
  list,
  oneOf,
  phoneNumber,
  record,
  text,
  trimmedText,
  wholeNumber,
  wholeNumbers,
} from './values.ts';

/** The longest email address there can be (RFC 3696, erratum 1690). */
const EMAIL = 320;
export const MAX_POS_CODES = 1_000;
/** A brand, a POS or an id of the CRM's, as it is. */
export const code = text({ max: 128 });
const optionalCode = text({ max: 128, blank: 'INVALID' }).exactOptional();
/** What the caller calls something that an id names. */
const label = text({ max: 256, blank: null });
const from = instant('first');
const to = instant('last');

const hobby = record({ hobby: label.exactOptional(), sapHobbyId: optionalCode }).superRefine(
  ({ hobby = '', sapHobbyId }, context) => {
    if (sapHobbyId !== undefined || hobby.trim() !== '') return;
    context.addIssue({
      code: 'custom',
      message: 'must have a hobby, a sapHobbyId or both',
      params: { code: 'REQUIRED' },
    });
  },
);

const category = record({
  brandCategoryId: optionalCode,
  grandCategoryId: code,
  masterCategoryId: optionalCode,
  categoryId: optionalCode,
  subCategoryId: optionalCode,
});

/** All fields of a filter, each by itself: whether a range is the right way round is `findReversedRanges`. */
export const filterSchema = record({
  brand: code,
  posCodes: list(code, MAX_POS_CODES),
  searchKey: trimmedText({ max: 200, blank: 'INVALID' }).exactOptional(),
  phoneNumber: phoneNumber.exactOptional(),
  email: trimmedText({ max: EMAIL, blank: 'INVALID' }).exactOptional(),
  locationCountryIds: list(countryId, 1_000).exactOptional(),
  clientSpendingFrom: amount.exactOptional(),
  clientSpendingTo: amount.exactOptional(),
  creationDateFrom: from.exactOptional(),
  creationDateTo: to.exactOptional(),
  transactionDateFrom: from.exactOptional(),
  transactionDateTo: to.exactOptional(),
  canBeContactedByMaison: flag.exactOptional(),
  birthdateMonths: list(wholeNumber(1, 12), 1_000).exactOptional(),
  interests: list(record({ interest: label, sapInterestId: code }), 1_000).exactOptional(),
  hobbies: list(hobby, 1_000).exactOptional(),
  productCollections: list(
    record({ productCollection: label, sapProductCollectionId: code }),
    1_000,
  ).exactOptional(),
  customerStatus: list(oneOf('PROSPECT', 'CLIENT'), 1_000).exactOptional(),
  boosterCustomerIds: wholeNumbers(-(2 ** 31), 2 ** 31 - 1, 10_000).exactOptional(),
  hasSapCrmError: flag.exactOptional(),
  productCategories: list(category, 1_000).exactOptional(),
  saleRepresentativeEmails: list(text({ max: EMAIL }), 1_000).exactOptional(),
});

/**
 * The ranges of a filter that end before they begin, told at their From. Looked at apart from the schema, so that
 * they are told along with whatever else is wrong.
 */
export function findReversedRanges(input: unknown): Problem[] {
  if (typeof input !== 'object' || input === null) return [];
  const given = new Map<string, unknown>(Object.entries(input));
  const check = <T>(
    name: string,
    from: z.ZodType<T>,
    to: z.ZodType<T>,
    isBeyond: (a: T, b: T) => boolean,
  ) => {
    const ends = z.tuple([from, to]).safeParse([given.get(`${name}From`), given.get(`${name}To`)]);
    if (!ends.success || !isBeyond(...ends.data)) return [];
    const message = `${name}From must not lie beyond ${name}To.`;
    return [{ code: 'INVALID' as const, message, path: ['filter', `${name}From`] }];
  };
  return [
    ...check('clientSpending', amount, amount, (a, b) => a > b),
    ...check('creationDate', from, to, isLater),
    ...check('transactionDate', from, to, isLater),
  ];
}
