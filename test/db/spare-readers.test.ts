import { sql } from 'drizzle-orm';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { restriction } from '../../src/db/row-security.ts';
import { openSnapshot, type Snapshot } from '../../src/db/snapshot.ts';
import { openSpareReaders, type SpareReaders } from '../../src/db/spare-readers.ts';
import { addCustomers } from '../support/customers.ts';
import { eventually } from '../support/eventually.ts';
import { useDatabase } from '../support/postgres.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const { url, db } = useDatabase();
const opened: SpareReaders[] = [];
afterEach(() => Promise.all(opened.splice(0).map(({ close }) => close())));

beforeAll(async () => {
  await db.execute(sql`insert into brands values ('cartier', 'Cartier'), ('piaget', 'Piaget')`);
  await db.execute(sql`insert into points_of_sale values ('cartier', 'P1', 'One'), ('piaget', 'P1', 'One')`);
  await addCustomers(db, { count: 3 });
  await addCustomers(db, { count: 4, brand: 'piaget', firstId: 11 });
});

function openSpares(): SpareReaders {
  const spares = openSpareReaders();
  opened.push(spares);
  return spares;
}

function open(spares: SpareReaders, name: string, { to = url, brand = 'cartier', signal = never } = {}) {
  return openSnapshot(to, {
    readers: 2,
    name,
    spares,
    signal,
    prepare: [restriction({ brands: [brand], posCodes: null })],
  });
}
const never = new AbortController().signal;

async function countCustomers({ readers }: Snapshot): Promise<number[]> {
  const counts = readers.map(({ read }) => read(sql`select count(*)::int from customers`));
  return (await Promise.all(counts)).map(([row]) => row?.[0]?.readInt32BE() ?? -1);
}

/** Backends that call themselves so, in order. */
async function findBackends(name: string) {
  return await db.execute<{ pid: number; state: string; pins: boolean }>(sql`
    select pid, state, backend_xmin is not null as pins from pg_stat_activity
    where datname = current_database() and application_name = ${name} order by 1`);
}
const pidsOf = async (name: string) => (await findBackends(name)).map(({ pid }) => pid);

test('the next snapshot is read by the connections of the one before, and is the next one', async () => {
  const spares = openSpares();
  const first = await open(spares, 'first');
  const pids = await pidsOf('first');
  expect(pids).toHaveLength(2);
  expect(await countCustomers(first)).toEqual([3, 3]);
  await first[Symbol.asyncDispose]();
  await addCustomers(db, { count: 1, firstId: 4 });

  await using second = await open(spares, 'second');
  expect(await pidsOf('second')).toEqual(pids);
  expect(await countCustomers(second)).toEqual([4, 4]);
  expect(second.transactionTime.getTime()).toBeGreaterThan(first.transactionTime.getTime());
});

test('it may see other customers than the one before', async () => {
  const spares = openSpares();
  for (const brand of ['piaget', 'cartier', 'piaget']) {
    await using snapshot = await open(spares, brand, { brand });
    for (const { read } of snapshot.readers) {
      const rows = await read(sql`select distinct brand from customers`, { often: true });
      expect(rows.map(String)).toEqual([brand]);
    }
  }
});

test('two snapshots at a time have connections of their own, and all of them are kept', async () => {
  const spares = openSpares();
  const [one, other] = await Promise.all([open(spares, 'one'), open(spares, 'other')]);
  const pids = [...(await pidsOf('one')), ...(await pidsOf('other'))].toSorted();
  await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
  await using _one = await open(spares, 'again');
  await using _other = await open(spares, 'again');
  expect((await pidsOf('again')).toSorted()).toEqual(pids);
});

test('what is kept holds no snapshot, and goes when it is closed', async () => {
  const spares = openSpares();
  await (await open(spares, 'done'))[Symbol.asyncDispose]();
  expect(await pidsOf('done')).toEqual([]);
  const kept = await findBackends('customer-export spare');
  expect(kept).toMatchObject([
    { state: 'idle', pins: false },
    { state: 'idle', pins: false },
  ]);
  await spares.close();
  await eventually(async () => expect(await pidsOf('customer-export spare')).toEqual([]));
});

test('a kept connection that is cut meanwhile is not used again', async () => {
  const spares = openSpares();
  await (await open(spares, 'before'))[Symbol.asyncDispose]();
  const [cut] = await pidsOf('customer-export spare');
  await db.execute(sql`select pg_terminate_backend(${cut}, 1000)`);
  await using snapshot = await open(spares, 'after');
  expect(await countCustomers(snapshot)).toEqual([4, 4]);
  expect(await pidsOf('after')).not.toContain(cut);
  await eventually(async () => expect(await pidsOf('customer-export spare')).toEqual([]));
});

test('a kept connection that does not answer is given up for another one', async () => {
  const proxy = await startTcpProxy(url);
  const spares = openSpares();
  try {
    await (await open(spares, 'before', { to: proxy.url }))[Symbol.asyncDispose]();
    proxy.hush();
    await using snapshot = await open(spares, 'after', { to: proxy.url });
    expect(await countCustomers(snapshot)).toEqual([4, 4]);
  } finally {
    await proxy.close();
  }
});

const inTrouble: Record<string, (snapshot: Snapshot, stop: AbortController) => unknown> = {
  'with a query that failed': ({ readers: [reader] }) =>
    expect(reader.read(sql`select 1 / 0`)).rejects.toThrow('division by zero'),
  'with a query that still runs': ({ readers: [reader] }) => {
    reader.read(sql`select pg_sleep(0.3)`).catch(() => {});
  },
  'by its signal': (_, stop) => stop.abort(new Error('stopped')),
};

test.each(Object.entries(inTrouble))(
  'a snapshot that ends %s leaves nothing to be used again',
  async (_, act) => {
    const spares = openSpares();
    const stop = new AbortController();
    const snapshot = await open(spares, 'in trouble', { signal: stop.signal });
    await act(snapshot, stop);
    await snapshot[Symbol.asyncDispose]();
    await eventually(async () =>
      expect([await pidsOf('in trouble'), await pidsOf('customer-export spare')]).toEqual([[], []]),
    );
  },
);
