import { sql } from 'drizzle-orm';
import { connect, type Database } from '../../../src/db/client.ts';
import { unpack } from '../invariants.ts';

/*
 * Customers in groups of four, of which every transaction changes one as a whole: at any point in time all four have
 * the same last name. Members come and go, and there are always four. They stand far apart in a file, one in each
 * quarter of the ledger, so that they are read by different queries at different times.
 */

const GROUPS = 250;
const MEMBERS = 4;
const FIRST = 1_000_000;
/** Ids of one quarter lie within this many, and of one group in it within SPAN. */
const QUARTER = 1_000_000;
const SPAN = 1_000;
/** Customers of brand and POS that nobody writes to, from 1. */
const OTHERS = 3_000;
const WRITERS = 2;
const PAUSE_MS = 500;

/** Adds the groups, of these brands in turn. */
export async function addLedger(db: Database, brands: readonly string[] = ['maison']): Promise<void> {
  await db.execute(sql`
    insert into customers (booster_customer_id, brand, pos_code, first_name, last_name, creation_date, customer_status,
      can_be_contacted_by_maison, has_sap_crm_error)
    select ${FIRST}::int + member * ${QUARTER}::int + g * ${SPAN}::int,
      (${sql.param(brands)}::text[])[1 + g % ${brands.length}::int], 'P2',
      (select string_agg(md5(concat_ws(' ', g, member, n)), '') from generate_series(1, 60) n), '0', now(),
      'Client', true, false
    from generate_series(0, ${GROUPS - 1}::int) g, generate_series(0, ${MEMBERS - 1}::int) member`);
}

export type Ledger = {
  readonly stop: () => Promise<void>;
  /** Changes so far. */
  readonly count: () => number;
};

/** Changes one group after the other, on several connections, until it is stopped; goes on after a failure. */
export function writeLedger(url: string): Ledger {
  const { db, close } = connect(url, { max: WRITERS, name: 'ledger' });
  let stopped = false;
  let count = 0;
  const write = async (writer: number) => {
    for (let name = writer; !stopped; name += WRITERS) {
      await changeGroup(db, name).then(
        () => {
          count += 1;
        },
        () => {},
      );
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const writing = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  return {
    stop: async () => {
      stopped = true;
      await writing;
      await close();
    },
    count: () => count,
  };
}

/** Gives a group another name, and one of its members another id. */
async function changeGroup(db: Database, name: number): Promise<void> {
  const group = (name * 7) % GROUPS;
  const idOf = (member: number, step: number) => FIRST + member * QUARTER + group * SPAN + (step % SPAN);
  const ids = sql.join(
    Array.from(
      { length: MEMBERS },
      (_, member) => sql`booster_customer_id between ${idOf(member, 0)} and ${idOf(member, SPAN - 1)}`,
    ),
    sql` or `,
  );
  await db.transaction(async (tx) => {
    await tx.execute(sql`update customers set last_name = ${`${name}`} where ${ids}`);
    const member = name % MEMBERS;
    await tx.execute(sql`
      with gone as (
        delete from customers
        where booster_customer_id between ${idOf(member, 0)} and ${idOf(member, SPAN - 1)} returning *)
      insert into customers (booster_customer_id, brand, pos_code, first_name, last_name, creation_date,
        customer_status, can_be_contacted_by_maison, has_sap_crm_error)
      select ${idOf(member, 0)}::int + (booster_customer_id + 1) % ${SPAN}::int, brand, pos_code, first_name, last_name,
        creation_date, customer_status, can_be_contacted_by_maison, has_sap_crm_error
      from gone`);
  });
}

/** Customers in the groups of the brand that has this place among so many. */
export function countMembers(place: number, brands: number): number {
  return groupsAt(place, brands).length * MEMBERS;
}

function groupsAt(place: number, brands: number): number[] {
  return Array.from({ length: GROUPS }, (_, group) => group).filter((group) => group % brands === place);
}

/** What in a file of the brand does not show one point in time, in words. */
export function findTears(bytes: Buffer, compression: string): string[] {
  const others = readNames(bytes, compression).filter(({ id }) => id < FIRST).length;
  return [
    ...findTornGroups(bytes, compression, 0, 1),
    ...(others === OTHERS ? [] : [`${others} customers outside of the groups`]),
  ];
}

/** Groups of which a file does not show one point in time, when its brand has this place among so many. */
export function findTornGroups(bytes: Buffer, compression: string, place: number, brands: number): string[] {
  const names = new Map<number, string[]>(groupsAt(place, brands).map((group) => [group, []]));
  for (const { id, lastName } of readNames(bytes, compression)) {
    if (id >= FIRST) names.get(Math.floor(((id - FIRST) % QUARTER) / SPAN))?.push(lastName);
  }
  return [...names]
    .filter(([, group]) => group.length !== MEMBERS || new Set(group).size !== 1)
    .map(([group, members]) => `group ${group} is not of one point in time: ${members.join(', ')}`);
}

function readNames(bytes: Buffer, compression: string): { id: number; lastName: string }[] {
  const lines = unpack(bytes, compression).toString().trimEnd().split('\n');
  return lines.map((line) => {
    const { boosterCustomerId, lastName } = JSON.parse(line);
    return { id: boosterCustomerId, lastName };
  });
}
