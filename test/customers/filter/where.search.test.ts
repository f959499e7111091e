import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { selectIds, useCustomers } from './store.ts';

const { db, store, select } = useCustomers();

describe('searchKey', () => {
  test('finds part of the name in both orders, without case and accents', async () => {
    await store(
      { firstName: 'José María', lastName: 'Müller' },
      { firstName: 'Jose\u0301', lastName: null },
      { firstName: 'Łucja', lastName: 'Straßer' },
      { firstName: 'Νίκος', lastName: 'Στρατηγός' },
    );
    expect(await select({ searchKey: 'JOSE' })).toEqual([1, 2]);
    expect(await select({ searchKey: 'maria mull' })).toEqual([1]);
    expect(await select({ searchKey: 'müller josé' })).toEqual([1]);
    expect(await select({ searchKey: 'sé mar' })).toEqual([1]);
    expect(await select({ searchKey: 'muller maria' })).toEqual([]);
    expect(await select({ searchKey: 'strasser lu' })).toEqual([3]);
    expect(await select({ searchKey: 'ΝΙΚΟΣ' })).toEqual([4]);
    expect(await select({ searchKey: 'γος νικ' })).toEqual([4]);
    expect(await select({ searchKey: '  jose  ' })).toEqual([1, 2]);
    expect(await select({ searchKey: 'null' })).toEqual([]);
  });

  test('takes %, _, \\ and quotes literally', async () => {
    await store(
      { firstName: 'A%b' },
      { firstName: 'A_b' },
      { firstName: 'A\\b' },
      { firstName: "A'b" },
      { firstName: 'A"b' },
      { firstName: 'Axb' },
    );
    for (const [index, sign] of ['%', '_', '\\', "'", '"'].entries()) {
      expect(await select({ searchKey: sign })).toEqual([index + 1]);
      expect(await select({ searchKey: `a${sign}b` })).toEqual([index + 1]);
    }
    expect(await select({ searchKey: '%%' })).toEqual([]);
    expect(await select({ searchKey: '\\%' })).toEqual([]);
  });

  test('an accent without its letter selects nobody', async () => {
    await store(
      { firstName: 'José', lastName: 'Sá' },
      { firstName: 'Jose\u0301' },
      { firstName: 'A´', lastName: 'B' },
    );
    for (const accent of [...'\u0301´¨¸¯˘˙˚˛˜˝ͺ΄΅᾽῀῾‗‾￣', '´´', '´ ¨', ' \u0301\u0308']) {
      expect([accent, await select({ searchKey: accent })]).toEqual([accent, []]);
    }
  });

  test('an accent beside its letter is ignored like any other', async () => {
    await store({ firstName: 'Sean', lastName: 'O´Neil' }, { firstName: 'Sean O', lastName: 'Neil' });
    expect(await select({ searchKey: 'o´neil' })).toEqual([1]);
    expect(await select({ searchKey: 'ONeil' })).toEqual([1]);
    expect(await select({ searchKey: 'o neil' })).toEqual([2]);
  });

  test('finds a phone number without its country calling code, however it is written', async () => {
    await store(
      { phoneNumber: '+39333123456' },
      { phoneNumber: '+420333123456' },
      { phoneNumber: '+1 (415) 555-2671' },
      { phoneNumber: '00353 12345' },
      { phoneNumber: null },
    );
    expect(await select({ searchKey: '333123456' })).toEqual([1, 2]);
    expect(await select({ searchKey: '333-12.34 56' })).toEqual([1, 2]);
    expect(await select({ searchKey: '(415) 555-2671' })).toEqual([3]);
    expect(await select({ searchKey: '12345' })).toEqual([4]);
    expect(await select({ searchKey: '39333123456' })).toEqual([]);
    expect(await select({ searchKey: '+39333123456' })).toEqual([]);
    expect(await select({ searchKey: '33312345' })).toEqual([]);
  });

  test('finds a whole email, boosterCustomerId or sapCrmId, and no part of one', async () => {
    await store(
      { boosterCustomerId: 1234, email: 'Ann@Example.com' },
      { boosterCustomerId: 2_147_483_647, sapCrmId: 'Crm-É7' },
      { boosterCustomerId: -5, sapCrmId: '1234' },
    );
    expect(await select({ searchKey: 'ANN@example.COM' })).toEqual([1234]);
    expect(await select({ searchKey: 'ann@example' })).toEqual([]);
    expect(await select({ searchKey: 'cRM-é7' })).toEqual([2_147_483_647]);
    expect(await select({ searchKey: 'CRM-E7' })).toEqual([]);
    expect(await select({ searchKey: '1234' })).toEqual([-5, 1234]);
    expect(await select({ searchKey: '123' })).toEqual([]);
    expect(await select({ searchKey: '01234' })).toEqual([]);
    expect(await select({ searchKey: '2147483647' })).toEqual([2_147_483_647]);
    expect(await select({ searchKey: '6442450943' })).toEqual([]); // the same in 32 bits
    expect(await select({ searchKey: '-5' })).toEqual([-5]);
  });

  test('is answered from five indexes at once', async () => {
    await db.execute(sql`
      insert into customers (booster_customer_id, brand, pos_code, sap_crm_id, first_name, last_name, email,
        phone_number, creation_date, customer_status, can_be_contacted_by_maison, has_sap_crm_error)
      select n, 'cartier', 'P1', 'CRM' || n, md5(n::text), md5(n::text || 'x'), n || '@x.io', '+39333' || n,
        now(), 'Client', true, false
      from generate_series(1, 5000) n`);
    await db.execute(sql`analyze customers`);
    const rows = await db.execute<{ 'QUERY PLAN': string }>(sql`explain ${selectIds({ searchKey: '1234' })}`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('BitmapOr');
    for (const index of ['by_name', 'by_email', 'by_national_phone', 'pkey', 'by_sap_crm_id']) {
      expect(plan).toContain(`Bitmap Index Scan on customers_${index}`);
    }
  });
});

describe('phoneNumber and emails', () => {
  test('a phone number is the same with and without separators and 00, on both sides', async () => {
    await store(
      { phoneNumber: '+39333123456' },
      { phoneNumber: '0039 (333) 12-34.56' },
      { phoneNumber: '333123456' },
    );
    for (const spelled of ['+39333123456', '0039333123456', ' +39 333 123 456 ', '[+39]-(333).123456']) {
      expect(await select({ phoneNumber: spelled })).toEqual([1, 2]);
    }
    expect(await select({ phoneNumber: '+3933312345' })).toEqual([]);
  });

  test('an email is compared whole, without case and outer spaces', async () => {
    await store({ email: 'Zoë@Example.com' }, { email: ' zoË@example.com ' }, { email: 'zoe@example.com' });
    expect(await select({ email: ' ZOË@EXAMPLE.COM ' })).toEqual([1, 2]);
    expect(await select({ email: 'zoe@example.com' })).toEqual([3]);
    expect(await select({ email: '%@example.com' })).toEqual([]);
  });

  test('sales representatives are found by email, ignoring case', async () => {
    await store({ saleRepresentativeEmail: 'É@x.io' }, { saleRepresentativeEmail: 'b@X.io' }, {});
    expect(await select({ saleRepresentativeEmails: ['é@X.IO'] })).toEqual([1]);
    const many = Array.from({ length: 999 }, (_, n) => `nobody${n}@x.io`);
    expect(await select({ saleRepresentativeEmails: [...many, 'B@x.io'] })).toEqual([2]);
  });
});
