import { sql } from 'drizzle-orm';
import { connect, type Database } from '../../../src/db/client.ts';
import { unpack } from '../invariants.ts';

/*
 * Customers in groups of four, of which every transaction changes one as a whole: at any point in time all four have
 * the same last name. Members come and go, and there are always four.
 */

const GROUPS = 250;
const FIRST = 1_000_000;
/** Ids of a group lie within this many. */
const SPAN = 1_000;

/** Adds the groups. */
export async function addLedger(db: Database): Promise<void> {
  await db.execute(sql`
    insert into customers (booster_customer_id, brand, pos_code, first_name, last_name, creation_date, customer_status,
      can_be_contacted_by_maison, has_sap_crm_error)
    select ${FIRST}::int + g * ${SPAN}::int + member, 'maison', 'P2', repeat('x', 500), '0', now(), 'Client', true, false
    from generate_series(0, ${GROUPS - 1}::int) g, generate_series(0, 3) member`);
}

/** Changes one group after the other, until it is stopped; goes on after a failure. */
export function writeLedger(url: string): {
  readonly stop: () => Promise<void>;
  readonly count: () => number;
} {
  const { db, close } = connect(url, { max: 1, name: 'ledger' });
  let stopped = false;
  let count = 0;
  const change = (group: number, name: number) =>
    db.transaction(async (tx) => {
      const first = FIRST + group * SPAN;
      const [oldest] = await tx.execute<{ id: number; newest: number }>(sql`
        select min(booster_customer_id) as id, max(booster_customer_id) as newest from customers
        where booster_customer_id between ${first} and ${first + SPAN - 1}`);
      if (!oldest) return;
      const next = oldest.newest + 1 < first + SPAN ? oldest.newest + 1 : first;
      if (next > oldest.newest) {
        await tx.execute(sql`delete from customers where booster_customer_id = ${oldest.id}`);
        await tx.execute(sql`
          insert into customers (booster_customer_id, brand, pos_code, first_name, last_name, creation_date,
            customer_status, can_be_contacted_by_maison, has_sap_crm_error)
          values (${next}, 'maison', 'P2', repeat('x', 500), '0', now(), 'Client', true, false)`);
      }
      await tx.execute(sql`
        update customers set last_name = ${`${name}`}
        where booster_customer_id between ${first} and ${first + SPAN - 1}`);
    });
  const writing = (async () => {
    for (let name = 1; !stopped; name++) {
      await change((name * 7) % GROUPS, name).then(
        () => {
          count += 1;
        },
        () => {},
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await writing;
      await close();
    },
    count: () => count,
  };
}

/** Groups of which a file does not show one point in time. */
export function findTornGroups(bytes: Buffer, compression: string): number[] {
  const names = new Map<number, string[]>(Array.from({ length: GROUPS }, (_, group) => [group, []]));
  for (const line of unpack(bytes, compression).toString().trimEnd().split('\n')) {
    const { boosterCustomerId, lastName } = JSON.parse(line);
    names.get(Math.floor((boosterCustomerId - FIRST) / SPAN))?.push(lastName);
  }
  return [...names]
    .filter(([, group]) => group.length !== 4 || new Set(group).size !== 1)
    .map(([group]) => group);
}
