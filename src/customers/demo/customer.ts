import type { CustomerLine, Hobby, Tag } from '../customer-line.ts';
import { flourish, makeEmail, makePhoneNumber, type People } from './people.ts';
import { DEMO_END, makePurchases, noPurchases, toInstant } from './purchases.ts';
import { createRandom, type Random } from './random.ts';
import type { Shop, World } from './world.ts';

/** The demo customer of an id: the same for the same seed and Maisons, whatever others there are. */
export function makeCustomer(world: World, boosterCustomerId: number): CustomerLine {
  const random = createRandom(world.seed, boosterCustomerId);
  const { maison, anyShop, anyProduct } = random.pick(world.anyHouse);
  const shop = random.pick(anyShop);
  const { country, names } = chooseHome(random, world, shop);
  const sex = random.pick(names);
  const [first, last] = [random.pick(sex.first), random.pick(sex.last)];
  const created = makeCreation(random);
  const client = random.chance(0.62);
  const purchases = client ? makePurchases(random, shop, anyProduct, created) : noPurchases;
  const sapCrmId = random.chance(0.9) ? `${1_000_000_000 + random.below(900_000_000)}` : null;
  return {
    boosterCustomerId,
    sapCrmId,
    brand: maison.code,
    posCode: shop.code,
    firstName: random.chance(0.98) ? flourish(random, first.text) : null,
    lastName: random.chance(0.995) ? flourish(random, last.text) : null,
    email: random.chance(0.83) ? makeEmail(random, first, last) : null,
    phoneNumber: random.chance(0.8) ? makePhoneNumber(random, country) : null,
    locationCountryId: random.chance(0.97) ? country.id : null,
    birthdate: random.chance(0.6) ? makeBirthdate(random) : null,
    creationDate: toInstant(created),
    customerStatus: client ? 'Client' : 'Prospect',
    canBeContactedByMaison: random.chance(0.64),
    hasSapCrmError: random.chance(sapCrmId === null ? 0.15 : 0.01),
    saleRepresentativeEmail: random.chance(0.85) ? random.pick(shop.sellers).email : null,
    interests: choose(random, maison.interests, 0.47),
    hobbies: choose(random, maison.hobbies, 0.3),
    productCollections: choose(random, maison.collections, 0.43),
    ...purchases,
  };
}

/** Three of four live where they buy. */
function chooseHome(random: Random, { people, anyPeople }: World, { country }: Shop): People {
  const neighbours = people.get(country);
  return neighbours && random.chance(0.75) ? neighbours : random.pick(anyPeople);
}

const FIRST_CREATION = Date.UTC(2009, 0, 1);

/** More of late: Maisons grow. */
function makeCreation(random: Random): number {
  return Math.floor(DEMO_END - (DEMO_END - FIRST_CREATION) * random.fraction() ** 1.4);
}

const FIRST_BIRTH = Date.UTC(1932, 0, 1);
const LAST_BIRTH = Date.UTC(2008, 0, 1);

function makeBirthdate(random: Random): string {
  // The middle of two is more likely than either end.
  const part = (random.fraction() + random.fraction()) / 2;
  return toInstant(FIRST_BIRTH + part * (LAST_BIRTH - FIRST_BIRTH)).slice(0, 10);
}

/** None, or neighbours in the list; each further one with the same probability. */
function choose<T extends Tag | Hobby>(
  random: Random,
  list: readonly T[],
  probability: number,
): readonly T[] {
  let length = 0;
  while (length < list.length && random.chance(probability)) length += 1;
  const first = random.below(list.length);
  const rest = list.slice(first, first + length);
  return rest.length === length ? rest : [...rest, ...list.slice(0, length - rest.length)];
}
