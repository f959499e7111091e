import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database, Transaction } from '../../db/client.ts';
import { brands, pointsOfSale } from '../../db/tables.ts';
import type { Problem } from '../../errors.ts';
import { texts } from './parameters.ts';
import { code, MAX_POS_CODES } from './schema.ts';

/** What exists for the caller. */
export type Sight = {
  readonly brand: (code: string) => boolean;
  readonly posCode: (code: string) => boolean;
};

const posCodeList = z.array(z.unknown()).max(MAX_POS_CODES);

/**
 * Finds the brand, or else each of the POS codes, that does not exist, or not for the caller: told in the same words.
 * `input` is the filter as it came in, so that its problems can be told together with those of `parseCustomerFilter`;
 * what that function refuses by itself is passed over.
 */
export async function findUnknown(
  db: Database | Transaction,
  input: { readonly brand?: unknown; readonly posCodes?: unknown },
  sees: Sight,
): Promise<Problem[]> {
  const brand = code.safeParse(input.brand).data;
  if (brand === undefined) return [];
  if (!sees.brand(brand) || (await db.$count(brands, eq(brands.code, brand))) === 0) {
    return [{ code: 'NOT_FOUND', message: 'There is no such brand.', path: ['filter', 'brand'] }];
  }
  const given = (posCodeList.safeParse(input.posCodes).data ?? []).flatMap((value, index) => {
    const posCode = code.safeParse(value).data;
    return posCode === undefined ? [] : [{ posCode, index }];
  });
  const known = await findPosCodes(
    db,
    brand,
    given.map(({ posCode }) => posCode),
  );
  return given
    .filter(({ posCode }) => !known.has(posCode) || !sees.posCode(posCode))
    .map(({ posCode, index }) => ({
      code: 'NOT_FOUND',
      message: `This brand has no point of sale "${posCode}".`,
      path: ['filter', 'posCodes', `${index}`],
    }));
}

async function findPosCodes(
  db: Database | Transaction,
  brand: string,
  codes: readonly string[],
): Promise<Set<string>> {
  const rows = await db
    .select({ posCode: pointsOfSale.posCode })
    .from(pointsOfSale)
    .where(and(eq(pointsOfSale.brand, brand), sql`${pointsOfSale.posCode} = any(${texts(codes)})`));
  return new Set(rows.map((row) => row.posCode));
}
