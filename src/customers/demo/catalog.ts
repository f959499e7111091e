import type postgres from 'postgres';
import type { World } from './world.ts';

/**
 * Writes the names of the demo Maisons, of their points of sale and sales representatives, which customers' lines do
 * not have. What is there already stays as it is.
 */
export async function writeCatalog(sql: postgres.Sql, { houses }: World): Promise<void> {
  const brands = houses.map(({ maison: { code, name } }) => ({ code, name }));
  const shops = houses.flatMap(({ maison, shops }) =>
    shops.map(({ code, name }) => ({ brand: maison.code, pos_code: code, name })),
  );
  const sellers = houses.flatMap(({ maison, shops }) =>
    shops.flatMap(({ sellers }) => sellers.map((seller) => ({ brand: maison.code, ...seller }))),
  );
  await sql`insert into brands ${sql(brands)} on conflict do nothing`;
  await sql`insert into points_of_sale ${sql(shops)} on conflict do nothing`;
  await sql`insert into sales_representatives ${sql(sellers, 'brand', 'email', 'name')} on conflict do nothing`;
}
