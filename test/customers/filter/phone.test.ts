import { expect, test } from 'vitest';
import { readNationalNumber, readPhoneNumber } from '../../../src/customers/filter/phone.ts';

test.each([
  '+390212345678',
  '00390212345678',
  ' +39 02 1234.5678 ',
  '(+39) 02-1234-5678',
  '[0039]0212345678',
  '+39\u00a002\u202f1234\u20115678',
  '+39 02–1234—5678',
  '0 0 39 02 12345678',
])('%j is +390212345678', (given) => {
  expect(readPhoneNumber(given)).toBe('+390212345678');
});

test('a number has 4 to 15 digits with its calling code', () => {
  expect(readPhoneNumber('+1234')).toBe('+1234');
  expect(readPhoneNumber('+123456789012345')).toBe('+123456789012345');
  expect(readPhoneNumber('+123')).toBeNull();
  expect(readPhoneNumber('+1234567890123456')).toBeNull();
});

test.each([
  '0212345678',
  '++390212345678',
  '+39x0212345678',
  '+39/02/12345678',
  '+',
  '',
  '00',
  'tel:+390212345678',
  '+٣٩٠٢١٢٣٤',
  '+0212345678',
  '000039021234567',
  '+39 02 1234\n567',
  '+39 02 12345 ext 1',
])('%j is no international number', (given) => expect(readPhoneNumber(given)).toBeNull());

test('what holds only digits and separators may be a number without its calling code', () => {
  expect(readNationalNumber('(02) 1234-56.78')).toBe('0212345678');
  expect(readNationalNumber('7')).toBe('7');
  for (const other of ['+39 02', 'ann 02', '-', '', '1e3', '٣']) expect(readNationalNumber(other)).toBeNull();
});
