import type { Product } from './assortment.ts';
import { type Maison, maisons, makeMaison, type PointOfSale } from './maisons.ts';
import { drawPeople, type People, slug } from './people.ts';
import { createRandom, readSeed, repeatByWeight } from './random.ts';

/** All that demo customers are made of. Lists named `any…` are to pick from: what is likelier is there more often. */
export type World = {
  readonly seed: number;
  readonly houses: readonly House[];
  readonly anyHouse: readonly House[];
  /** By the id of their country. */
  readonly people: ReadonlyMap<string, People>;
  readonly anyPeople: readonly People[];
};

/** A Maison at work. */
export type House = {
  readonly maison: Maison;
  readonly shops: readonly Shop[];
  readonly anyShop: readonly Shop[];
  readonly anyProduct: readonly Product[];
};

/** A point of sale and who sells there. */
export type Shop = PointOfSale & { readonly sellers: readonly Seller[] };
export type Seller = { readonly email: string; readonly name: string };

/** The world of a seed, a whole number of 32 bits: of one brand, or of all demo Maisons when that is null. */
export function createWorld(seed: number, brand: string | null): World {
  const people = drawPeople(seed);
  const chosen = brand === null ? maisons : [maisons.find(({ code }) => code === brand) ?? makeMaison(brand)];
  const houses = chosen.map((maison) => openHouse(maison, seed, people));
  return {
    seed,
    houses,
    anyHouse: repeatByWeight(houses, ({ maison }) => maison.weight),
    people,
    anyPeople: repeatByWeight([...people.values()], ({ country }) => country.weight),
  };
}

function openHouse(maison: Maison, seed: number, people: World['people']): House {
  const shops = maison.pointsOfSale.map((pointOfSale) => ({
    ...pointOfSale,
    sellers: hire(maison, pointOfSale, seed, people.get(pointOfSale.country)),
  }));
  return {
    maison,
    shops,
    anyShop: repeatByWeight(shops, ({ weight }) => weight),
    anyProduct: repeatByWeight(maison.products, ({ weight }) => weight),
  };
}

/** One to four, by the size of the shop. */
function hire(
  maison: Maison,
  { code, weight }: PointOfSale,
  seed: number,
  people: People | undefined,
): Seller[] {
  const random = createRandom(seed, readSeed(code));
  const domain = `${slug(maison.code) || 'maison'}.example`;
  return Array.from({ length: 1 + Math.ceil(weight / 3) }, (_, n) => {
    const desk = `sales${n + 1}.${code.toLowerCase()}`;
    if (!people) return { email: `${desk}@${domain}`, name: code };
    const { first, last } = random.pick(people.names);
    const [given, family] = [random.pick(first), random.pick(last)];
    const mailbox = given.slug && family.slug ? `${given.slug}.${family.slug}` : desk;
    return { email: `${mailbox}@${domain}`, name: `${given.text} ${family.text}` };
  });
}
