import { BadLine, isObject } from './values.ts';

/** What numeric(16,2) holds: 14 digits before the point, two behind it. */
const MAX_WHOLE_DIGITS = 14;

/** An amount whose double may differ from what is written. */
class WrittenAmount {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * The number of a key that is not plain: more than 13 digits before the point, more than two behind it, or an
 * exponent. Any other is a double that writes itself with the same digits. A text may look like one: that costs time
 * and nothing else.
 */
const unplain = /:\s*-?(?:\d{14,}(?:\.\d+)?|\d+\.\d{3,}|\d+(?:\.\d+)?[eE][-+]?\d+)\s*[,}]/;

/**
 * Parses JSON without losing a digit of amounts, which `readAmount` then takes.
 * @throws {SyntaxError} whose message quotes the text.
 */
export function parseJson(text: string): unknown {
  return unplain.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

function keepDigits(key: string, value: unknown, ...[context]: readonly unknown[]): unknown {
  if (typeof value !== 'number' || (key !== 'amount' && key !== 'clientSpending')) return value;
  const { source } = isObject(context) ? context : {};
  return typeof source === 'string' ? new WrittenAmount(source) : value;
}

/** An amount of money as decimal text, exactly; null when it is missing. */
export function readAmount(value: unknown, key: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return String(value);
  if (value instanceof WrittenAmount) return fromCents(writtenCents(value.text, key));
  throw new BadLine(`${key} must be a number`);
}

/** `1.5E3` as 150,000 cents. */
function writtenCents(written: string, key: string): bigint {
  const [mantissa = '', exponent = '0'] = written.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return 0n;
  // The value is `significant` times ten to the power of this.
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  if (power < -2) throw new BadLine(`${key} has more than two decimals`);
  if (significant.length + power > MAX_WHOLE_DIGITS) throw tooLarge(key);
  const cents = BigInt(significant.padEnd(significant.length + power + 2, '0'));
  return mantissa.startsWith('-') ? -cents : cents;
}

/** The sum of amounts as decimal text. `key` names it in the message when it cannot be stored. */
export function addAmounts(amounts: readonly string[], key: string): string {
  let cents = 0n;
  for (const amount of amounts) cents += toCents(amount);
  const total = fromCents(cents);
  if (total.replace('-', '').length > MAX_WHOLE_DIGITS + '.00'.length) throw tooLarge(key);
  return total;
}

function toCents(amount: string): bigint {
  const point = amount.indexOf('.');
  if (point === -1) return BigInt(amount) * 100n;
  return BigInt(amount.slice(0, point) + amount.slice(point + 1).padEnd(2, '0'));
}

/** With two decimals. */
function fromCents(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function tooLarge(key: string): BadLine {
  return new BadLine(`${key} has more than ${MAX_WHOLE_DIGITS} digits before the point`);
}
