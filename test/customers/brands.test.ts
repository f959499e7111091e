import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { query } from '../support/client.ts';
import { makeKey, serveKeys, signToken } from '../support/tokens.ts';

const key = await makeKey();
const keys = await serveKeys([key]);
afterAll(() => keys[Symbol.asyncDispose]());
const app = useApp({ ROLES: 'gateway', ...keys.env });

beforeAll(async () => {
  await app.db.execute(
    sql`insert into brands values ('piaget', 'Piaget'), ('cartier', 'Cartier'), ('empty', 'Empty')`,
  );
  await app.db.execute(sql`insert into points_of_sale values
    ('cartier', 'P2', 'Rome'), ('cartier', 'P1', 'Paris'), ('piaget', 'P1', 'Geneva')`);
  await app.db.execute(sql`insert into interests values
    ('cartier', 'b', 'Watches'), ('cartier', 'A', null), ('piaget', 'P', 'Pens')`);
  await app.db.execute(sql`insert into hobbies values
    ('cartier', null, 'golf'), ('cartier', null, 'Art'), ('cartier', 'G', null), ('piaget', 'P', 'Polo')`);
  await app.db.execute(sql`insert into product_collections values
    ('cartier', 'T', 'Tank'), ('cartier', 'L', 'Love'), ('piaget', 'P', 'Polo')`);
  await app.db.execute(sql`insert into product_categories values
    ('cartier', 'b', 'g', 'm', 'c', 's'), ('cartier', null, 'g', null, null, null), ('piaget', 'p', 'p', null, null, null)`);
  await app.db.execute(sql`insert into sales_representatives values
    ('cartier', 'zoe@example.com', 'Zoë'), ('cartier', 'ann@example.com', null), ('piaget', 'p@example.com', 'P')`);
});

const form = `{ brands {
  code name pointsOfSale { posCode name } interests { interest sapInterestId } hobbies { hobby sapHobbyId }
  productCollections { productCollection sapProductCollectionId }
  productCategories { brandCategoryId grandCategoryId masterCategoryId categoryId subCategoryId }
  saleRepresentatives { email name }
} }`;

async function ask(claims: Record<string, unknown>, document = form) {
  const authorization = `Bearer ${await signToken(key, claims)}`;
  const { body } = await query(app.url(), document, {}, { authorization });
  expect(body.errors).toBeUndefined();
  return body.data?.['brands'];
}

test('a brand has everything that a filter form offers, its own alone, in order', async () => {
  expect(await ask({ brands: ['cartier'] })).toEqual([
    {
      code: 'cartier',
      name: 'Cartier',
      pointsOfSale: [
        { posCode: 'P1', name: 'Paris' },
        { posCode: 'P2', name: 'Rome' },
      ],
      interests: [
        { interest: null, sapInterestId: 'A' },
        { interest: 'Watches', sapInterestId: 'b' },
      ],
      hobbies: [
        { hobby: null, sapHobbyId: 'G' },
        { hobby: 'Art', sapHobbyId: null },
        { hobby: 'golf', sapHobbyId: null },
      ],
      productCollections: [
        { productCollection: 'Love', sapProductCollectionId: 'L' },
        { productCollection: 'Tank', sapProductCollectionId: 'T' },
      ],
      productCategories: [
        {
          brandCategoryId: 'b',
          grandCategoryId: 'g',
          masterCategoryId: 'm',
          categoryId: 'c',
          subCategoryId: 's',
        },
        {
          brandCategoryId: null,
          grandCategoryId: 'g',
          masterCategoryId: null,
          categoryId: null,
          subCategoryId: null,
        },
      ],
      saleRepresentatives: [
        { email: 'ann@example.com', name: null },
        { email: 'zoe@example.com', name: 'Zoë' },
      ],
    },
  ]);
});

test('a caller sees its own brands by code, and those of its points of sale alone', async () => {
  const short = '{ brands { code pointsOfSale { posCode } } }';
  const all = { cartier: ['P1', 'P2'], empty: [], piaget: ['P1'] };
  const shown = async (claims: Record<string, unknown>) => {
    const brands = await ask(claims, short);
    return Object.fromEntries(
      brands.map((brand: { code: string; pointsOfSale: { posCode: string }[] }) => [
        brand.code,
        brand.pointsOfSale.map(({ posCode }) => posCode),
      ]),
    );
  };
  expect(Object.entries(await shown({ brands: ['*'] }))).toEqual(Object.entries(all));
  expect(await shown({ brands: ['piaget', 'unknown'] })).toEqual({ piaget: ['P1'] });
  expect(await shown({ brands: ['cartier'], posCodes: ['P2', 'P9'] })).toEqual({ cartier: ['P2'] });
});

test('what a brand without customers offers are empty lists', async () => {
  expect(await ask({ brands: ['empty'] })).toEqual([
    {
      code: 'empty',
      name: 'Empty',
      pointsOfSale: [],
      interests: [],
      hobbies: [],
      productCollections: [],
      productCategories: [],
      saleRepresentatives: [],
    },
  ]);
});
