import type { CustomerFilterInput } from '../../../src/customers/filter.ts';

// What a filter selects, said again in plain TypeScript, straight from the contract and sharing no code with the
// program: it reads the filter as a caller wrote it. Clarity before speed.

/** A customer as the tests know it. Instants are RFC 3339 in UTC with up to six fraction digits, amounts are cents. */
export type TestCustomer = {
  readonly boosterCustomerId: number;
  readonly sapCrmId: string | null;
  readonly brand: string;
  readonly posCode: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  readonly phoneNumber: string | null;
  /** The country calling code at the start of `phoneNumber`, as digits: known here, found out by the program. */
  readonly callingCode: string;
  readonly locationCountryId: string | null;
  readonly birthdate: string | null;
  readonly creationDate: string;
  readonly customerStatus: 'Prospect' | 'Client';
  readonly canBeContactedByMaison: boolean;
  readonly hasSapCrmError: boolean;
  /** Spending as the CRM gave it: counts for customers without transactions. */
  readonly givenSpending: bigint;
  readonly saleRepresentativeEmail: string | null;
  readonly interests: readonly string[];
  readonly hobbies: readonly { readonly hobby: string | null; readonly sapHobbyId: string | null }[];
  readonly productCollections: readonly string[];
  readonly transactions: readonly {
    readonly transactionDate: string;
    readonly amount: bigint;
    readonly category: Category;
  }[];
};
export type Category = {
  readonly brandCategoryId: string | null;
  readonly grandCategoryId: string | null;
  readonly masterCategoryId: string | null;
  readonly categoryId: string | null;
  readonly subCategoryId: string | null;
};

type KeyRange = { readonly first: number; readonly last: number };

/** The ids that a valid filter selects, in order. */
export function selectIds(all: readonly TestCustomer[], filter: CustomerFilterInput): number[] {
  return all
    .filter((customer) => matches(customer, filter))
    .map((customer) => customer.boosterCustomerId)
    .sort((a, b) => a - b);
}

/** Those from `first` to `last`. */
export function keepWithin(ids: readonly number[], { first, last }: KeyRange): number[] {
  return ids.filter((id) => first <= id && id <= last);
}

function matches(c: TestCustomer, f: CustomerFilterInput): boolean {
  const spent = () =>
    c.transactions.length === 0 ? c.givenSpending : c.transactions.reduce((sum, t) => sum + t.amount, 0n);
  const datesGiven = present(f.transactionDateFrom) || present(f.transactionDateTo);
  // Asked in turn until one says no: with hundreds of customers and thousands of filters, most never come to the last.
  const checks = [
    () => c.brand === f.brand,
    () => (f.posCodes ?? []).includes(c.posCode),
    () => unlessAbsent(f.searchKey, (key) => isMeant(c, key)),
    () =>
      unlessAbsent(
        f.phoneNumber,
        (number) => c.phoneNumber !== null && plain(c.phoneNumber) === plain(number),
      ),
    () => unlessAbsent(f.email, (email) => c.email !== null && sameLetters(c.email.trim(), email.trim())),
    () =>
      unlessEmpty(
        f.locationCountryIds,
        (id) => c.locationCountryId !== null && sameLetters(c.locationCountryId, id),
      ),
    () => unlessAbsent(f.clientSpendingFrom, (from) => compareAmount(spent(), from) >= 0),
    () => unlessAbsent(f.clientSpendingTo, (to) => compareAmount(spent(), to) <= 0),
    () => isWithin(c.creationDate, f.creationDateFrom, f.creationDateTo),
    () =>
      !datesGiven ||
      c.transactions.some((t) => isWithin(t.transactionDate, f.transactionDateFrom, f.transactionDateTo)),
    () => unlessAbsent(f.canBeContactedByMaison, (flag) => c.canBeContactedByMaison === flag),
    () =>
      unlessEmpty(
        f.birthdateMonths,
        (month) => c.birthdate !== null && Number(c.birthdate.split('-')[1]) === month,
      ),
    () => unlessEmpty(f.interests, (wanted) => c.interests.some((id) => id === wanted.sapInterestId)),
    () =>
      unlessEmpty(f.hobbies, (wanted) =>
        c.hobbies.some((own) =>
          present(wanted.sapHobbyId)
            ? own.sapHobbyId === wanted.sapHobbyId
            : own.hobby !== null && sameLetters(own.hobby, wanted.hobby ?? ''),
        ),
      ),
    () =>
      unlessEmpty(f.productCollections, (wanted) =>
        c.productCollections.some((id) => id === wanted.sapProductCollectionId),
      ),
    () => unlessEmpty(f.customerStatus, (status) => c.customerStatus.toUpperCase() === status),
    () => unlessEmpty(f.boosterCustomerIds, (id) => c.boosterCustomerId === id),
    () => unlessAbsent(f.hasSapCrmError, (flag) => c.hasSapCrmError === flag),
    () =>
      unlessEmpty(f.productCategories, (wanted) =>
        c.transactions.some(({ category }) =>
          categoryKeys.every((key) => !present(wanted[key]) || category[key] === wanted[key]),
        ),
      ),
    () =>
      unlessEmpty(
        f.saleRepresentativeEmails,
        (email) => c.saleRepresentativeEmail !== null && sameLetters(c.saleRepresentativeEmail, email),
      ),
  ];
  return checks.every((check) => check());
}

const categoryKeys = [
  'brandCategoryId',
  'grandCategoryId',
  'masterCategoryId',
  'categoryId',
  'subCategoryId',
] as const;

function isMeant(c: TestCustomer, givenKey: string): boolean {
  const key = givenKey.trim();
  const names = [`${c.firstName} ${c.lastName}`, `${c.lastName} ${c.firstName}`];
  if (c.firstName === null || c.lastName === null) {
    names.splice(0, 2, c.firstName ?? c.lastName ?? '');
  }
  const foldedKey = withoutAccents(key);
  const digits = withoutSeparators(key);
  return (
    (foldedKey !== '' && names.some((name) => withoutAccents(name).includes(foldedKey))) ||
    (c.email !== null && sameLetters(c.email.trim(), key)) ||
    (c.phoneNumber !== null &&
      /^[0-9]+$/.test(digits) &&
      plain(c.phoneNumber) === `+${c.callingCode}${digits}`) ||
    String(c.boosterCustomerId) === key ||
    (c.sapCrmId !== null && sameLetters(c.sapCrmId, key))
  );
}

// --- what is absent does not filter ------------------------------------------------------------------

function present<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

function unlessAbsent<T>(value: T | null | undefined, check: (value: T) => boolean): boolean {
  return present(value) ? check(value) : true;
}

function unlessEmpty<T>(
  list: readonly (T | null | undefined)[] | null | undefined,
  check: (value: T) => boolean,
): boolean {
  return !present(list) || list.length === 0 || list.some((value) => present(value) && check(value));
}

// --- text ---------------------------------------------------------------------------------------------

function sameLetters(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Each letter of the test data that has an accent, or is one with other letters, before what is left of it. */
const bare = new Map(
  "áa èe ée ëe íi ïi óo öo øo őo üu ýy çc ćc čc łl řr žz żz źz ßss æae ễe άα έε ήη ίι όο ύυ ώω ςσ ёе йи ’' ‑- ｊj ％%"
    .split(' ')
    .map(([letter, ...rest]) => [letter, rest.join('')]),
);

function withoutAccents(text: string): string {
  const known = left.get(text);
  if (known !== undefined) return known;
  const letters = [...text.toLowerCase()].map((letter) => {
    if (/[\u0300-\u036f]/.test(letter)) return '';
    const plain = bare.get(letter) ?? letter;
    if (plain.normalize('NFKD') !== plain) throw new Error(`The oracle does not know the letter ${letter}.`);
    return plain;
  });
  left.set(text, letters.join(''));
  return letters.join('');
}
/** Names come up thousands of times. */
const left = new Map<string, string>();

// --- phone numbers ------------------------------------------------------------------------------------

function withoutSeparators(number: string): string {
  return [...number].filter((sign) => !' -.()[]\u00a0\u2011\u2013'.includes(sign)).join('');
}

function plain(number: string): string {
  const bareNumber = withoutSeparators(number);
  return bareNumber.startsWith('00') ? `+${bareNumber.slice(2)}` : bareNumber;
}

// --- amounts and instants -------------------------------------------------------------------------------

/** Compares cents with a number, taken as the decimal that JavaScript writes for it. */
function compareAmount(cents: bigint, number: number): number {
  const [mantissa = '', exponent = '0'] = String(number).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  // number = digits * 10 ** power
  const digits = BigInt(whole + fraction);
  const power = Number(exponent) - fraction.length + 2;
  const scale = 10n ** BigInt(Math.abs(power));
  const difference = power < 0 ? cents * scale - digits : cents - digits * scale;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function isWithin(instant: string, from: string | null | undefined, to: string | null | undefined): boolean {
  const at = toMicroseconds(instant, 'first');
  return (
    (!present(from) || at >= toMicroseconds(from, 'first')) &&
    (!present(to) || at <= toMicroseconds(to, 'last'))
  );
}

/** Microseconds since 0000-03-01T00:00Z, counted on the calendar. */
export function toMicroseconds(text: string, edgeOfDay: 'first' | 'last'): bigint {
  const [date = '', time] = text.toUpperCase().split('T');
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  // Years begin in March, so that a leap day comes last.
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const days =
    365 * marchYear +
    Math.floor(marchYear / 4) -
    Math.floor(marchYear / 100) +
    Math.floor(marchYear / 400) +
    Math.floor((153 * marchMonth + 2) / 5) +
    (day - 1);
  const midnight = BigInt(days) * 86_400_000_000n;
  if (time === undefined) return midnight + (edgeOfDay === 'last' ? 86_399_999_999n : 0n);

  const [clock = '', zoneSign = '+', zone = '00:00'] = time.replace('Z', '').split(/([+-])/);
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  const [seconds = '0', fraction = ''] = (clock.split(':')[2] ?? '0').split('.');
  const [zoneHours = 0, zoneMinutes = 0] = zone.split(':').map(Number);
  const zoneSeconds = (zoneHours * 60 + zoneMinutes) * 60 * (zoneSign === '-' ? -1 : 1);
  const secondsOfDay = (hours * 60 + minutes) * 60 + Number(seconds) - zoneSeconds;
  return midnight + BigInt(secondsOfDay) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}
