import fc from 'fast-check';
import type { CustomerFilterInput } from '../../../src/customers/filter.ts';
import * as data from './dataset.ts';
import { toMicroseconds } from './oracle.ts';

// Valid filters, as callers write them: mostly of the data's own values, so that they select something, each in one
// of the spellings that mean the same.

const among = <T>(values: readonly T[]) => fc.constantFrom(...values);

const anyCase = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, among(['as is', 'upper', 'lower'])).map(([text, how]) => {
    // ß and the like have no upper case of their own.
    if (how === 'upper' && text.toUpperCase().toLowerCase() === text.toLowerCase()) return text.toUpperCase();
    return how === 'lower' ? text.toLowerCase() : text;
  });
const padded = (text: fc.Arbitrary<string>) =>
  fc.tuple(among(['', '', ' ', '\u00a0']), text, among(['', '', '  '])).map((parts) => parts.join(''));
const slice = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.nat(20), fc.integer({ min: 1, max: 20 })).map(([text, start, length]) => {
    const letters = [...text];
    return letters.slice(start % letters.length, (start % letters.length) + length).join('');
  });

const fullName = fc
  .tuple(among(data.firstNames), among(data.lastNames), fc.boolean())
  .map(([first, last, turned]) => (turned ? `${last} ${first}` : `${first} ${last}`));
const spacedOut = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(text, among(['', ' ', '-', '.', '\u2011']))
    .map(([text, gap]) => text.split(/(?<=^.{3})/).join(gap));
const phone = among(data.phones);

const searchKey = padded(
  fc.oneof(
    anyCase(slice(fullName)),
    anyCase(slice(fullName)),
    fullName,
    anyCase(among(data.emails)),
    spacedOut(phone.map(([, national]) => national)),
    phone.map(([, , stored]) => stored),
    anyCase(among(data.sapCrmIds)),
    among(['42', '-1', '0', '007', '-0', '2147483647', '-2147483648', '2147483648', '1e3', '14', '\u0301']),
    among(['%', '_', '\\', "'", '"', '%%', 'a_a', 'a%a', '\\%', "o'neil", "';--", '{', 'null', '％', '$1']),
  ),
).filter((key) => key.trim() !== '');

const phoneNumber = phone.chain(([code, national, stored]) =>
  among([
    stored,
    `+${code}${national}`,
    `00${code} ${national}`,
    ` (+${code}) - ${national}.`,
    `+${code}${national}0`,
  ]),
);

const bound = fc.oneof(
  among(data.cents).map((cents) => Number(cents) / 100),
  among([0.1 + 0.2, 0.1, 0.3, 1e21, 1e-7, -1e300, -0, 999.999, 1000.0000001]),
);
const dateTime = fc.oneof(
  among(data.instants),
  among(['2024-02-29', '2024-02-28', '2024-03-01', '2023-11-01', '0001-01-01', '9999-12-31']),
  among([
    '2024-02-29T01:00:00+01:00',
    '2024-02-28T18:30:00.000001-05:30',
    '2024-02-29t23:59:59.999999z',
    '2024-02-29T23:59:59',
    '2023-11-01T12:30:00.1234',
    '2023-11-01T12:30:00.123456-00:00',
    '2024-02-29T23:58:59.999999+23:59',
    '1999-12-31T23:59:59.50Z',
  ]),
);

const id = among(data.ids);

/** Both ends, or one, the right way round. */
const range = <T>(end: fc.Arbitrary<T>, isBeyond: (from: T, to: T) => boolean) =>
  fc.tuple(end, end, among(['both', 'both', 'from', 'to'])).map(([from, to, given]) => ({
    from: given === 'to' ? null : given === 'both' && isBeyond(from, to) ? to : from,
    to: given === 'from' ? null : given === 'both' && isBeyond(from, to) ? from : to,
  }));
const days = range(dateTime, (from, to) => toMicroseconds(from, 'first') > toMicroseconds(to, 'last'));

/** Mostly absent: with all fields given, hardly anything would be selected. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary },
  );
const sometimesList = <T>(element: fc.Arbitrary<T>) => sometimes(fc.array(element, { maxLength: 4 }));

export const anyFilter: fc.Arbitrary<CustomerFilterInput> = fc
  .record({
    brand: among(['cartier', 'cartier', 'cartier', ...data.brandCodes]),
    posCodes: fc.oneof(
      { weight: 2, arbitrary: fc.constant(data.posCodes) },
      { weight: 1, arbitrary: fc.array(among(data.posCodes), { minLength: 1, maxLength: 4 }) },
    ),
    searchKey: fc.oneof(sometimes(searchKey), sometimes(searchKey), searchKey),
    phoneNumber: sometimes(phoneNumber),
    email: sometimes(padded(anyCase(among(data.emails)))),
    locationCountryIds: sometimesList(anyCase(among(data.countryIds))),
    spending: sometimes(range(bound, (from, to) => from > to)),
    creation: sometimes(days),
    transaction: sometimes(days),
    canBeContactedByMaison: sometimes(fc.boolean()),
    birthdateMonths: sometimesList(fc.integer({ min: 1, max: 12 })),
    interests: sometimesList(fc.record({ interest: among(['label', '']), sapInterestId: id })),
    hobbies: sometimesList(
      fc.oneof(
        fc.record({ hobby: anyCase(among(data.hobbyTexts)) }),
        fc.record({ hobby: fc.option(among(data.hobbyTexts)), sapHobbyId: id }),
      ),
    ),
    productCollections: sometimesList(
      fc.record({ productCollection: fc.constant('label'), sapProductCollectionId: id }),
    ),
    customerStatus: sometimesList(among(['PROSPECT', 'CLIENT'] as const)),
    boosterCustomerIds: sometimes(
      fc.array(
        fc.oneof(
          among(data.edgeIds),
          fc.nat(400).map((index) => index * 7 + 1),
        ),
        { maxLength: 300 },
      ),
    ),
    hasSapCrmError: sometimes(fc.boolean()),
    productCategories: sometimesList(
      fc.record({
        brandCategoryId: fc.option(among(['b1', 'b2', 'NULL'])),
        grandCategoryId: among(['g1', 'g2', 'G1', 'g9']),
        masterCategoryId: fc.option(among(['m1', 'm2'])),
        categoryId: fc.option(among(['c1', 'c2'])),
        subCategoryId: fc.option(among(['s1', "s'2"])),
      }),
    ),
    saleRepresentativeEmails: sometimesList(anyCase(among(data.repEmails))),
  })
  .map(({ spending, creation, transaction, ...filter }) => ({
    ...filter,
    clientSpendingFrom: spending?.from,
    clientSpendingTo: spending?.to,
    creationDateFrom: creation?.from,
    creationDateTo: creation?.to,
    transactionDateFrom: transaction?.from,
    transactionDateTo: transaction?.to,
  }));

const key = fc.oneof(among(data.edgeIds), fc.integer({ min: -10, max: 3_000 }));
export const anyRange = fc.record({ first: key, last: key });
