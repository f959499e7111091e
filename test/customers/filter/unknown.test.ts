import { beforeAll, expect, test } from 'vitest';
import { findUnknown } from '../../../src/customers/filter/unknown.ts';
import { brands, pointsOfSale } from '../../../src/db/tables.ts';
import { useDatabase } from '../../support/postgres.ts';

const { db } = useDatabase();

beforeAll(async () => {
  await db.insert(brands).values([
    { code: 'cartier', name: 'Cartier' },
    { code: 'iwc', name: 'IWC' },
  ]);
  await db.insert(pointsOfSale).values([
    { brand: 'cartier', posCode: 'P1', name: 'Paris' },
    { brand: 'cartier', posCode: 'P2', name: 'Milan' },
    { brand: 'iwc', posCode: 'W1', name: 'Schaffhausen' },
  ]);
});

const all = { brand: () => true, posCode: () => true };
const noBrand = [{ code: 'NOT_FOUND', message: 'There is no such brand.', path: ['filter', 'brand'] }];
const noShop = (index: number, code: string) => ({
  code: 'NOT_FOUND',
  message: `This brand has no point of sale "${code}".`,
  path: ['filter', 'posCodes', `${index}`],
});

test('what exists and may be seen is no problem, however often it is named', async () => {
  expect(await findUnknown(db, { brand: 'cartier', posCodes: ['P1', 'P2', 'P1'] }, all)).toEqual([]);
});

test('each unknown POS code, and each of another brand, is named at its place', async () => {
  const found = await findUnknown(
    db,
    { brand: 'cartier', posCodes: ['P1', 'nope', 'W1', 'p1', 'nope'] },
    all,
  );
  expect(found).toEqual([noShop(1, 'nope'), noShop(2, 'W1'), noShop(3, 'p1'), noShop(4, 'nope')]);
});

test('a POS code that the caller may not see is as unknown as one that does not exist', async () => {
  const sees = { ...all, posCode: (code: string) => code !== 'P2' };
  const found = await findUnknown(db, { brand: 'cartier', posCodes: ['P2', 'P1', 'P9'] }, sees);
  expect(found).toEqual([noShop(0, 'P2'), noShop(2, 'P9')]);
});

test('an unknown brand and a foreign one are told in the same words, and their POS codes not at all', async () => {
  const sees = { ...all, brand: (code: string) => code === 'cartier' };
  expect(await findUnknown(db, { brand: 'nope', posCodes: ['P1', 'x'] }, all)).toEqual(noBrand);
  expect(await findUnknown(db, { brand: 'iwc', posCodes: ['W1', 'x'] }, sees)).toEqual(noBrand);
});

test('brand codes are compared exactly', async () => {
  for (const brand of ['Cartier', 'CARTIER', ' cartier', 'cartier ', "cartier' or '1'='1", '%']) {
    expect(await findUnknown(db, { brand, posCodes: ['P1'] }, all)).toEqual(noBrand);
  }
});

test('what the parser refuses by itself is passed over', async () => {
  for (const brand of [null, undefined, '', ' ', 7, 'a\0b', '\ud800', 'x'.repeat(129)]) {
    expect(await findUnknown(db, { brand, posCodes: ['nope'] }, all)).toEqual([]);
  }
  const posCodes = [null, '', '  ', 7, 'a\0', '\ud800', 'x'.repeat(129), {}, 'nope'];
  expect(await findUnknown(db, { brand: 'cartier', posCodes }, all)).toEqual([noShop(8, 'nope')]);
  for (const posCodes of [null, undefined, [], 'nope', {}, Array(1_001).fill('nope')]) {
    expect(await findUnknown(db, { brand: 'cartier', posCodes }, all)).toEqual([]);
  }
});
