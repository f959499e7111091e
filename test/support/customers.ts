import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.ts';

/**
 * Adds customers `firstId` … of a brand that has this point of sale. Each has a first name of `nameLength` letters,
 * so that lines can be made as long as a test needs.
 */
export async function addCustomers(
  db: Pick<Database, 'execute'>,
  {
    count,
    brand = 'cartier',
    posCode = 'P1',
    firstId = 1,
    nameLength = 10,
  }: { count: number; brand?: string; posCode?: string; firstId?: number; nameLength?: number },
): Promise<void> {
  await db.execute(sql`
    insert into customers (booster_customer_id, brand, pos_code, first_name, email, creation_date, customer_status,
      can_be_contacted_by_maison, has_sap_crm_error)
    select id, ${brand}, ${posCode}, repeat(chr(97 + id % 26), ${nameLength}::int), 'c' || id || '@example.com',
      '2024-01-01', 'Client', true, false
    from generate_series(${firstId}::int, ${firstId}::int + ${count}::int - 1) id`);
}
