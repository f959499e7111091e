import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { useDatabase } from '../support/postgres.ts';

const { db } = useDatabase();

/** What a text function of the database makes of each value. */
async function apply(name: string, values: readonly (string | null)[]): Promise<(string | null)[]> {
  const rows = await db.execute<{ made: string | null }>(sql`
    select ${sql.raw(name)}(value) as made from unnest(${sql.param(values)}::text[]) with ordinality as v (value, n) order by n`);
  return rows.map((row) => row.made);
}

test('fold_text leaves neither case nor accents', async () => {
  const pairs = [
    ['JOSÉ', 'jose'],
    ['Jose\u0301', 'jose'],
    ['Ｊosé', 'jose'],
    ['Łódź', 'lodz'],
    ['Straße', 'strasse'],
    ['Øyvind Æbelø', 'oyvind aebelo'],
    ['İstanbul', 'istanbul'],
    ['Nguyễn', 'nguyen'],
    ['ΝΙΚΟΣ', 'νικοσ'],
    ['Νίκος', 'νικοσ'],
    ['Ёлка', 'елка'],
    ['ガ 한국 李', 'ガ 한국 李'],
    ['O’Neil', "o'neil"],
    ['\u0301', ''],
    ['', ''],
    [null, null],
  ] as const;
  expect(
    await apply(
      'fold_text',
      pairs.map(([given]) => given),
    ),
  ).toEqual(pairs.map(([, folded]) => folded));
});

test('fold_case leaves accents alone', async () => {
  expect(await apply('fold_case', ['JOSÉ@X.io', 'É1', 'ΝΙΚΟΣ', 'νικος', 'ASCII', null])).toEqual([
    'josé@x.io',
    'é1',
    'νικοσ',
    'νικοσ',
    'ascii',
    null,
  ]);
});

test('search_pattern keeps the signs that LIKE knows for themselves, and makes nothing of nothing', async () => {
  expect(await apply('search_pattern', ['A%b_c\\d', 'É\'"', '', '\u0301', null])).toEqual([
    '%a\\%b\\_c\\\\d%',
    `%e'"%`,
    null,
    null,
    null,
  ]);
});

test('plain_phone_number removes separators and reads 00 as +', async () => {
  const given = ['+39 02-12.34(5)[6]', '0039\u00a002\u2011123', '02 123', '0', null];
  expect(await apply('plain_phone_number', given)).toEqual(['+3902123456', '+3902123', '02123', '0', null]);
});

test('national_phone_number removes the country calling code, whatever its length', async () => {
  const numbers = [
    ['+1', '4155552671'],
    ['+1', '2425552671'],
    ['+7', '9161234567'],
    ['+20', '212345678'],
    ['+27', '821234567'],
    ['+33', '612345678'],
    ['+39', '0212345678'],
    ['+44', '7911123456'],
    ['+49', '15112345678'],
    ['+86', '13812345678'],
    ['+90', '5321234567'],
    ['+98', '9121234567'],
    ['+211', '912345678'],
    ['+351', '912345678'],
    ['+377', '612345678'],
    ['+420', '601123456'],
    ['+599', '91234567'],
    ['+679', '7012345'],
    ['+852', '91234567'],
    ['+886', '912345678'],
    ['+971', '501234567'],
    ['+998', '901234567'],
  ] as const;
  expect(
    await apply(
      'national_phone_number',
      numbers.map((parts) => parts.join('')),
    ),
  ).toEqual(numbers.map(([, national]) => national));
  expect(await apply('national_phone_number', ['0044 (7911) 123-456', '02 1234', null])).toEqual([
    '7911123456',
    '021234',
    null,
  ]);
});

test('every calling code that can be is taken off, and none twice', async () => {
  const starts = Array.from({ length: 900 }, (_, n) => `${n + 100}`);
  const left = await apply(
    'national_phone_number',
    starts.map((start) => `+${start}5550000`),
  );
  const one = /^[17]/;
  const two = /^(2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;
  expect(left).toEqual(
    starts.map((start) => `${start.slice(one.test(start) ? 1 : two.test(start) ? 2 : 3)}5550000`),
  );
});
