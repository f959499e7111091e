import type { CategoryPath, Hobby } from '../customer-line.ts';

/** A kind of goods. */
export type Product = {
  readonly category: CategoryPath;
  /** Half of the purchases cost less, in whole units of the brand's currency. */
  readonly price: number;
  readonly weight: number;
};

/** How much of each a Maison sells. */
export type Range = { readonly jewellery: number; readonly watches: number; readonly writing: number };

export const interests: readonly string[] = [
  'Fine Jewellery',
  'High Jewellery',
  'Watches',
  'High Watchmaking',
  'Bridal',
  'Leather Goods',
  'Fragrances',
  'Writing Instruments',
  'Private Events',
  'Art & Exhibitions',
  'Charity',
  'Gifts',
];

export const hobbies: readonly Hobby[] = [
  { id: 'ART', label: 'Art' },
  { id: 'GOLF', label: 'Golf' },
  { id: 'SAIL', label: 'Sailing' },
  { id: 'TENNIS', label: 'Tennis' },
  { id: 'POLO', label: 'Polo' },
  { id: 'WINE', label: 'Wine' },
  { id: 'OPERA', label: 'Opéra' },
  { id: 'TRAVEL', label: 'Travel' },
  { id: 'CARS', label: 'Classic cars' },
  { id: 'SKI', label: 'Ski' },
  // Typed in by hand, before there were ids.
  { id: null, label: '茶道' },
  { id: null, label: 'Cooking & "slow food"' },
];

export function products(prefix: string, { jewellery, watches, writing }: Range): readonly Product[] {
  const product = (
    weight: number,
    price: number,
    ...ids: [string, string, string | null, string | null]
  ): Product => ({
    category: [`${prefix}-${ids[0]}`, ...ids],
    price,
    weight,
  });
  return [
    product(3 * jewellery, 1_900, 'JEW', 'RINGS', 'GOLD', 'BAND'),
    product(jewellery, 9_800, 'JEW', 'RINGS', 'DIAMOND', 'SOLITAIRE'),
    product(3 * jewellery, 6_400, 'JEW', 'BRACELETS', 'GOLD', null),
    product(2 * jewellery, 3_100, 'JEW', 'NECKLACES', 'GOLD', 'PENDANT'),
    product(jewellery, 2_700, 'JEW', 'EARRINGS', null, null),
    product(3 * watches, 5_600, 'WAT', 'STEEL', 'QUARTZ', null),
    product(3 * watches, 8_900, 'WAT', 'STEEL', 'AUTOMATIC', 'DATE'),
    product(watches, 27_000, 'WAT', 'GOLD', 'AUTOMATIC', 'CHRONOGRAPH'),
    product(5 * writing, 480, 'WRI', 'PENS', 'FOUNTAIN', 'RESIN'),
    product(3 * writing, 360, 'WRI', 'PENS', 'BALLPOINT', null),
    product(3 * writing, 520, 'LEA', 'SMALL', 'WALLETS', null),
    product(6, 290, 'ACC', 'ACCESSORIES', null, null),
    product(4, 150, 'SER', 'REPAIR', null, null),
  ].filter(({ weight }) => weight > 0);
}
