import { expect, test } from 'vitest';
import { addAmounts, parseJson, readAmount } from '../../../src/customers/import/amount.ts';
import { isObject } from '../../../src/customers/import/values.ts';
import { fc } from '../../support/fast-check.ts';

/** What the amount of a line with this text is stored as, in cents. */
function centsOf(written: string): bigint {
  const line = parseJson(`{"when":"2024-01-01T10:00:00.000Z", "amount": ${written} }`);
  const amount = readAmount(isObject(line) ? line['amount'] : null, 'amount') ?? 'none';
  expect(amount).toMatch(/^-?\d{1,14}(\.\d{1,2})?$/);
  const [whole = '', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(2, '0'));
}

const anyCents = fc.bigInt({ min: -(10n ** 16n - 1n), max: 10n ** 16n - 1n });

test('an amount keeps every digit, however it is written', () => {
  const zeros = fc.nat({ max: 5 });
  const exponent = fc.integer({ min: -20, max: 20 });
  fc.assert(
    fc.property(anyCents, zeros, exponent, (cents, more, exponent) => {
      const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
      const sign = cents < 0n ? '-' : '';
      const plain = `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
      expect(centsOf(plain)).toBe(cents);
      expect(centsOf(plain + '0'.repeat(more))).toBe(cents);
      // The same number times a power of ten that the exponent takes back.
      const moved = digits.padStart(30, '0');
      const point = moved.length - 2 - exponent;
      const shifted = moved.padEnd(point, '0');
      const mantissa = `${BigInt(shifted.slice(0, point))}.${shifted.slice(point) || '0'}`;
      expect(centsOf(`${sign}${mantissa}e${exponent}`)).toBe(cents);
    }),
  );
});

test('the sum of amounts is exact', () => {
  const few = fc.array(fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), { maxLength: 20 });
  fc.assert(
    fc.property(few, (list) => {
      const amounts = list.map((cents) => `${cents / 100n}`);
      const total = list.reduce((sum, cents) => sum + cents / 100n, 0n);
      expect(addAmounts(amounts, 'total')).toBe(`${total}.00`);
    }),
  );
  expect(addAmounts(['0.1', '0.2', '-0.35'], 'total')).toBe('-0.05');
});

test('an amount that cannot be stored is refused', () => {
  for (const written of ['0.001', '12.345', '1e-3', '123456789012.125', '0.10000000000000000000001']) {
    expect(() => centsOf(written)).toThrow('amount has more than two decimals');
  }
  for (const written of ['100000000000000', '-1e14', '1E400', '1e999999999999']) {
    expect(() => centsOf(written)).toThrow('amount has more than 14 digits before the point');
  }
});

test('zero is zero', () => {
  for (const written of ['0', '-0', '0.00', '-0.000', '0e5', '0E-999']) expect(centsOf(written)).toBe(0n);
});
