/** What people put between a phone number's digits; `plain_phone_number` in the database removes the same. */
const separators = /[-.()[\] \u00a0\u2007\u2009\u202f\u2010-\u2015\u2212]/g;

/** A phone number as `+` and 4 to 15 digits, from any usual spelling with its calling code; null when it is none. */
export function readPhoneNumber(given: string): string | null {
  const plain = given.replace(separators, '').replace(/^00/, '+');
  return /^\+[1-9]\d{3,14}$/.test(plain) ? plain : null;
}

/** The digits of what may be a phone number without its calling code; null when it holds anything but digits. */
export function readNationalNumber(given: string): string | null {
  const plain = given.replace(separators, '');
  return /^\d+$/.test(plain) ? plain : null;
}
