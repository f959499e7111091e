import type { Hobby, Tag } from '../customer-line.ts';
import { hobbies, interests, type Product, products, type Range } from './assortment.ts';
import { boutiques } from './boutiques.ts';

export type Maison = {
  readonly code: string;
  readonly name: string;
  /** Of a hundred demo customers, about how many are its. */
  readonly weight: number;
  readonly pointsOfSale: readonly PointOfSale[];
  readonly interests: readonly Tag[];
  readonly hobbies: readonly Hobby[];
  readonly collections: readonly Tag[];
  readonly products: readonly Product[];
};

export type PointOfSale = {
  readonly code: string;
  readonly name: string;
  readonly country: string;
  /** Flagships have more customers than others. */
  readonly weight: number;
};

/** Demo Maisons: their houses are real, the data is not. */
export const maisons: readonly Maison[] = [
  maison('cartier', 'Cartier', 'CA', 34, { jewellery: 6, watches: 4, writing: 0 }, [
    'Love',
    'Juste un Clou',
    'Trinity',
    'Panthère de Cartier',
    'Santos de Cartier',
    'Tank',
    'Ballon Bleu',
    'Clash de Cartier',
    'Destinée',
    'Baignoire',
  ]),
  maison('vancleef-arpels', 'Van Cleef & Arpels', 'VC', 18, { jewellery: 9, watches: 1, writing: 0 }, [
    'Alhambra',
    'Perlée',
    'Frivole',
    'Two Butterfly',
    'Lotus',
    'Poetic Complications',
    'Zip',
  ]),
  maison('montblanc', 'Montblanc', 'MB', 20, { jewellery: 0, watches: 2, writing: 8 }, [
    'Meisterstück',
    'StarWalker',
    '1858',
    'Heritage',
    'Bohème',
    'Great Characters',
    'Extreme 3.0',
  ]),
  maison('iwc', 'IWC Schaffhausen', 'IW', 12, { jewellery: 0, watches: 10, writing: 0 }, [
    'Portugieser',
    'Pilot’s Watches',
    'Portofino',
    'Ingenieur',
    'Aquatimer',
    'Da Vinci',
  ]),
  maison('piaget', 'Piaget', 'PI', 8, { jewellery: 5, watches: 5, writing: 0 }, [
    'Possession',
    'Polo',
    'Limelight Gala',
    'Altiplano',
    'Piaget Rose',
    'Sunlight',
  ]),
  maison('panerai', 'Panerai', 'PA', 8, { jewellery: 0, watches: 10, writing: 0 }, [
    'Luminor',
    'Luminor Due',
    'Radiomir',
    'Submersible',
  ]),
];

/** One for a brand that is not among the demo Maisons: it sells a little of everything, under its own code. */
export function makeMaison(code: string): Maison {
  const prefix =
    code
      .replace(/[^a-z0-9]/gi, '')
      .slice(0, 2)
      .toUpperCase() || 'XX';
  return maison(code, code, prefix, 1, { jewellery: 4, watches: 4, writing: 2 }, [
    'Heritage',
    'Classique',
    'Été',
    'Nocturne',
    'Étoile',
    'Première',
  ]);
}

function maison(
  code: string,
  name: string,
  prefix: string,
  weight: number,
  range: Range,
  collections: readonly string[],
): Maison {
  const tags = (letter: string, labels: readonly string[]): Tag[] =>
    labels.map((label, n) => ({ id: `${prefix}-${letter}${n + 1}`, label }));
  return {
    code,
    name,
    weight,
    pointsOfSale: boutiques.map(({ place, country, weight }, n) => ({
      code: `${prefix}${1001 + n}`,
      name: `${name} ${place}`,
      country,
      weight,
    })),
    interests: tags('', interests),
    hobbies,
    collections: tags('C', collections),
    products: products(prefix, range),
  };
}
