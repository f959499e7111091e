import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { openLog } from '../../src/log.ts';
import { startLineUpkeep } from '../../src/worker/line-upkeep.ts';
import { eventually } from '../support/eventually.ts';
import { useDatabase } from '../support/postgres.ts';

const { db } = useDatabase();

test('a worker builds outdated lines as soon as it starts', async () => {
  await db.execute(sql`insert into brands values ('a', 'A')`);
  await db.execute(sql`insert into points_of_sale values ('a', 'P1', 'One')`);
  await db.execute(sql`insert into customers (booster_customer_id, brand, pos_code, creation_date, customer_status, can_be_contacted_by_maison, has_sap_crm_error)
    select id, 'a', 'P1', now(), 'Client', true, false from generate_series(1, 10) id`);
  const read = () => db.execute(sql`select * from customer_lines order by booster_customer_id`);
  const before = [...(await read())];
  await db.execute(sql`update customer_lines set version = version + 1, line = 'of another format'`);

  const upkeep = startLineUpkeep({ db, log: openLog({ level: 'silent' }) });
  await eventually(async () => expect([...(await read())]).toEqual(before));
  await upkeep.stop();
});
