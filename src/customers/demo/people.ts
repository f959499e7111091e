import { type Country, countries } from './countries.ts';
import type { Random } from './random.ts';

/** A name and its slug. */
export type Name = { readonly text: string; readonly slug: string };

export type People = {
  readonly country: Country;
  readonly names: readonly { readonly first: readonly Name[]; readonly last: readonly Name[] }[];
};

/** Drawing a name takes microseconds, combining two drawn ones nothing. */
const DRAWN = 250;

/** The names of each country's people, by sex: in some languages that changes the last name too. */
export function drawPeople(seed: number): ReadonlyMap<string, People> {
  return new Map(
    countries.map((country) => {
      const { person } = seeded(country, seed);
      const names = (['female', 'male'] as const).map((sex) => ({
        first: draw(() => person.firstName(sex)),
        last: draw(() => person.lastName(sex)),
      }));
      return [country.id, { country, names }];
    }),
  );
}

function seeded({ names }: Country, seed: number): Country['names'] {
  names.seed(seed >>> 0);
  return names;
}

function draw(name: () => string): readonly Name[] {
  return Array.from({ length: DRAWN }, () => {
    const text = name();
    return { text, slug: slug(text) };
  });
}

const spelledOut: Readonly<Record<string, string>> = {
  ß: 'ss',
  ø: 'o',
  ł: 'l',
  æ: 'ae',
  œ: 'oe',
  đ: 'd',
  ı: 'i',
};

/** What of a name can be part of an email address: `jurg` of `Jürg`; empty for scripts other than Latin. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[ßøłæœđı]/g, (letter) => spelledOut[letter] ?? '')
    .normalize('NFD')
    .replace(/[^a-z'-]/g, '')
    .replace(/^['-]+|['-]+$/g, '');
}

/** Names that people with another script give their mailboxes. */
const handles = [
  'sakura',
  'lotus',
  'moonlight',
  'jade',
  'tiger',
  'golden',
  'pearl',
  'river',
  'lucky',
  'dragon',
  'snow',
];
/** Set aside for examples: none of them reaches anybody. */
const domains = [
  'example.com',
  'example.com',
  'example.com',
  'example.org',
  'example.net',
  'mail.example',
  'post.example',
];

export function makeEmail(random: Random, first: Name, last: Name): string {
  const number = random.chance(0.6) ? `${random.below(1000)}` : '';
  return `${mailbox(random, first.slug, last.slug)}${number}@${random.pick(domains)}`;
}

function mailbox(random: Random, first: string, last: string): string {
  if (first === '' || last === '')
    return `${random.pick(handles)}.${random.pick(handles)}${random.below(10_000)}`;
  switch (random.below(8)) {
    case 0:
      return `${first[0]}.${last}`;
    case 1:
      return `${last}.${first}`;
    case 2:
      return `${first}_${last}`;
    case 3:
      // As people type it.
      return `${first[0]?.toUpperCase()}${first.slice(1)}.${last[0]?.toUpperCase()}${last.slice(1)}`;
    default:
      return `${first}.${last}`;
  }
}

export function makePhoneNumber(random: Random, { phones }: Country): string {
  return random.pick(phones).replace(/#/g, () => `${random.below(10)}`);
}

const flourishes = [
  ' 🌹',
  ' ✨',
  ' 👩‍👧',
  ' (VIP)',
  ' "Bibi"',
  ' \\ Sons',
  ' & Söhne',
  '\tJr.',
  "  d'Este",
  ' ﷺ',
  ' N/A',
  '\u200b',
];

/** What a CRM of many years also has in its names, once in a hundred. */
export function flourish(random: Random, name: string): string {
  return random.chance(0.01) ? `${name}${random.pick(flourishes)}` : name;
}
