import type { CustomerLine, TransactionLine } from '../customer-line.ts';
import type { Product } from './assortment.ts';
import type { PointOfSale } from './maisons.ts';
import type { Random } from './random.ts';

/** The last moment of the demo: data must not depend on the day it is made. */
export const DEMO_END = Date.UTC(2026, 9, 31, 18);

export type Purchases = Pick<CustomerLine, 'clientSpending' | 'lastTransactionDate'> & {
  readonly transactions: readonly TransactionLine[];
};

export const noPurchases: Purchases = { transactions: [], clientSpending: '0', lastTransactionDate: null };

/** One to twenty purchases since `since`, four on average: many customers buy once, few buy a lot. */
export function makePurchases(
  random: Random,
  { code }: PointOfSale,
  products: readonly Product[],
  since: number,
): Purchases {
  let number = 1;
  while (number < 20 && random.chance(0.757)) number += 1;
  const receipt = random.below(90_000_000) + 10_000_000;
  const taste = 2 ** random.normal();
  let last = 0;
  let total = 0;
  let latest = 0;
  const transactions: TransactionLine[] = [];
  for (let n = 0; n < number; n += 1) {
    const { category, price } = random.pick(products);
    // What came back was bought the time before.
    const cents = last > 0 && random.chance(0.02) ? -last : makePrice(random, price * taste);
    last = cents;
    const date = openingHours(random, since);
    total += cents;
    latest = Math.max(latest, date);
    transactions.push({
      transactionId: `${code}-${receipt + n * 7}`,
      transactionDate: toInstant(date),
      amount: toAmount(cents),
      category: random.chance(0.03) ? null : category,
    });
  }
  return {
    transactions,
    clientSpending: toAmount(total),
    lastTransactionDate: toInstant(latest),
  };
}

/** In cents; most are round. */
function makePrice(random: Random, usual: number): number {
  const price = usual * 2 ** random.normal();
  return random.chance(0.75) ? Math.round(price / 10) * 1000 + 1000 : Math.round(price * 100) + 1;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Between 8:00 and 18:00 UTC; now and then with milliseconds. */
function openingHours(random: Random, since: number): number {
  // Lately more often than long ago.
  const day = Math.floor((DEMO_END - (DEMO_END - since) * random.fraction() ** 1.5) / DAY) * DAY;
  const time = 8 * HOUR + random.below(10 * HOUR);
  const at = day + (random.chance(0.3) ? time : time - (time % 1000));
  return Math.min(Math.max(at, since), DEMO_END);
}

export function toInstant(at: number): string {
  return new Date(at).toISOString();
}

function toAmount(cents: number): string {
  return (cents / 100).toFixed(2);
}
