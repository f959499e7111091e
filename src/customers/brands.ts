import { asc, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import {
  brands,
  hobbies,
  interests,
  pointsOfSale,
  productCategories,
  productCollections,
  salesRepresentatives,
} from '../db/tables.ts';

/** Everything that a filter form offers for one brand, in the order of its ids. */
export type Brand = { readonly code: string; readonly name: string };

/** The brands with these codes (`*` = all), by code. */
export function listBrands(db: Database, codes: '*' | readonly string[]): Promise<Brand[]> {
  return db
    .select()
    .from(brands)
    .where(codes === '*' ? undefined : sql`${brands.code} = any(${sql.param(codes)}::text[])`)
    .orderBy(asc(brands.code));
}

/** The boutiques of a brand that are among these codes (null = all), by code. */
export function listPointsOfSale(db: Database, brand: string, posCodes: readonly string[] | null) {
  return db
    .select({ posCode: pointsOfSale.posCode, name: pointsOfSale.name })
    .from(pointsOfSale)
    .where(
      sql`${pointsOfSale.brand} = ${brand} and (${posCodes === null} or ${pointsOfSale.posCode} = any(${sql.param(posCodes ?? [])}::text[]))`,
    )
    .orderBy(asc(pointsOfSale.posCode));
}

export function listInterests(db: Database, brand: string) {
  return db.select().from(interests).where(eq(interests.brand, brand)).orderBy(asc(interests.sapInterestId));
}

export function listHobbies(db: Database, brand: string) {
  return db
    .select()
    .from(hobbies)
    .where(eq(hobbies.brand, brand))
    .orderBy(asc(hobbies.sapHobbyId), asc(hobbies.hobby));
}

export function listProductCollections(db: Database, brand: string) {
  return db
    .select()
    .from(productCollections)
    .where(eq(productCollections.brand, brand))
    .orderBy(asc(productCollections.sapProductCollectionId));
}

export function listProductCategories(db: Database, brand: string) {
  const { brandCategoryId, grandCategoryId, masterCategoryId, categoryId, subCategoryId } = productCategories;
  return db
    .select()
    .from(productCategories)
    .where(eq(productCategories.brand, brand))
    .orderBy(
      asc(brandCategoryId),
      asc(grandCategoryId),
      asc(masterCategoryId),
      asc(categoryId),
      asc(subCategoryId),
    );
}

export function listSaleRepresentatives(db: Database, brand: string) {
  return db
    .select()
    .from(salesRepresentatives)
    .where(eq(salesRepresentatives.brand, brand))
    .orderBy(asc(salesRepresentatives.email));
}
