import { sql } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import type { CustomerFilter } from '../../src/customers/filter.ts';
import { type Chunk, type ReadOptions, readCustomerLines } from '../../src/customers/read.ts';
import { completeSelection, defaultSelection, printSelection } from '../../src/customers/selection.ts';
import { addCustomers } from '../support/customers.ts';
import { useDatabase } from '../support/postgres.ts';

const { db, url } = useDatabase();
const byDefault = printSelection(defaultSelection);
const reversed = printSelection(defaultSelection.toReversed());
const everybody = { brand: 'cartier', posCodes: ['P1', 'P2'] };

beforeAll(async () => {
  await db.execute(sql`insert into brands values ('cartier', 'Cartier'), ('long', 'Long'), ('huge', 'Huge'),
    ('many', 'Many')`);
  await db.execute(sql`insert into points_of_sale values
    ('cartier', 'P1', 'One'), ('cartier', 'P2', 'Two'), ('long', 'P1', 'One'), ('huge', 'P1', 'One'),
    ('many', 'P1', 'One')`);
  await addCustomers(db, { count: 2_000 });
  await addCustomers(db, { count: 1_000, firstId: 10_001, posCode: 'P2' });
  await db.execute(sql`insert into customer_interests
    select booster_customer_id, 'I' || n, null from customers, generate_series(1, booster_customer_id % 3) n`);
  await db.execute(sql`insert into transactions
    select booster_customer_id, 'T' || n, '2024-01-01', n from customers, generate_series(1, booster_customer_id % 4) n`);
  // Lines of 4 kB: a chunk is never more than one key range of them.
  await addCustomers(db, { count: 3_000, brand: 'long', firstId: 20_001, nameLength: 4_000 });
  await addCustomers(db, { count: 10_000, brand: 'many', firstId: 40_001, nameLength: 4_000 });
});

type Options = { signal?: AbortSignal; selection?: string; filter?: CustomerFilter } & Partial<
  Pick<ReadOptions, 'name' | 'maxKeys'>
>;

function open({ signal, name = 'reader', selection = byDefault, filter = everybody, ...more }: Options = {}) {
  const scope = { brands: '*', posCodes: null } as const;
  return readCustomerLines(url, {
    filter,
    selection,
    scope,
    name,
    ...more,
    signal: signal ?? new AbortController().signal,
  });
}

async function readAll(options: Options = {}) {
  await using lines = await open(options);
  const chunks: Chunk[] = [];
  for await (const { bytes, lines: count } of lines.chunks)
    chunks.push({ bytes: Buffer.from(bytes), lines: count });
  const text = Buffer.concat(chunks.map(({ bytes }) => bytes)).toString();
  return { total: lines.total, transactionTime: lines.transactionTime, chunks, text };
}

const idsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line): number => JSON.parse(line).boosterCustomerId);
const range = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at);

/** Backends of this name that still do something. */
async function countBackends(name: string): Promise<number> {
  const rows = await db.execute(sql`select pid from pg_stat_activity where application_name = ${name}`);
  return rows.length;
}

/** For as long as it takes, where no time is promised. */
async function waitFor(condition: () => Promise<boolean>, deadlineMs = 10_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`It did not come to pass in ${deadlineMs} ms.`);
  }
}

test.each([
  ['stored lines', byDefault],
  ['lines that are built', printSelection(completeSelection)],
])('what a filter leaves is the same whether its keys are remembered or not: %s', async (_, selection) => {
  const filter: CustomerFilter = { ...everybody, interests: [{ interest: '', sapInterestId: 'I2' }] };
  const remembered = await readAll({ filter, selection });
  expect(idsOf(remembered.text)).toEqual(
    [...range(1, 2_000), ...range(10_001, 1_000)].filter((id) => id % 3 === 2),
  );
  // With 400, one of the two readers remembers them and the other does not.
  for (const maxKeys of [400, 10, 0]) {
    expect((await readAll({ filter, selection, maxKeys })).text).toBe(remembered.text);
  }
});

test('all that match are read, each once, in order, in chunks that say how many lines they have', async () => {
  const before = Date.now();
  const { total, chunks, text, transactionTime } = await readAll();
  expect(total).toBe(3_000);
  expect(idsOf(text)).toEqual([...range(1, 2_000), ...range(10_001, 1_000)]);
  expect(chunks.length).toBeGreaterThan(3);
  for (const { bytes, lines } of chunks) {
    const text = Buffer.from(bytes).toString();
    expect(text.endsWith('\n')).toBe(true);
    expect(text.split('\n')).toHaveLength(lines + 1);
  }
  expect(Math.abs(transactionTime.getTime() - before)).toBeLessThan(10_000);
});

test('a subset of the POS codes, and a filter besides, read their own', async () => {
  const second = await readAll({ filter: { ...everybody, posCodes: ['P2'] } });
  expect([second.total, idsOf(second.text)]).toEqual([1_000, range(10_001, 1_000)]);
  const both = await readAll({ filter: { ...everybody, boosterCustomerIds: [10_001, 7, 5_000, 2_000] } });
  expect([both.total, idsOf(both.text)]).toEqual([3, [7, 2_000, 10_001]]);
  const one = await readAll({ filter: { ...everybody, posCodes: ['P1'], boosterCustomerIds: [10_001, 7] } });
  expect([one.total, idsOf(one.text)]).toEqual([1, [7]]);
  const none = await readAll({ filter: { ...everybody, email: 'nobody@example.com' } });
  expect([none.total, none.text, none.chunks]).toEqual([0, '', []]);
});

test('lines that the database keeps are taken, and built where they are missing or of another version', async () => {
  // With a key more, lines are always built.
  const built = await readAll({ selection: byDefault.replace(/ }$/, ' built: __typename }') });
  const expected = built.text.replaceAll(',"built":"Customer"}', '}');
  expect((await readAll()).text).toBe(expected);

  const marked = sql`replace(line, '"email":"c', '"email":"kept-c')`;
  await db.execute(sql`update customer_lines set line = ${marked} where booster_customer_id in (10, 400)`);
  const { text } = await readAll();
  expect(text).toBe(expected.replace(/"email":"c(10|400)@/g, '"email":"kept-c$1@'));

  await db.execute(sql`update customer_lines set version = version + 1 where booster_customer_id = 10`);
  await db.execute(sql`delete from customer_lines where booster_customer_id between 400 and 410`);
  for (const filter of [
    everybody,
    { ...everybody, posCodes: ['P1'] },
    { ...everybody, hasSapCrmError: false },
  ]) {
    const ids = new Set(
      filter.posCodes.length === 1 ? range(1, 2_000) : [...range(1, 2_000), ...range(10_001, 1_000)],
    );
    const lines = expected.trimEnd().split('\n');
    const theirs = lines.filter((line) => ids.has(JSON.parse(line).boosterCustomerId));
    const read = await readAll({ filter });
    expect([read.total, read.text]).toEqual([theirs.length, `${theirs.join('\n')}\n`]);
  }
});

test('what is written meanwhile does not change what the snapshot shows', async () => {
  for (const selection of [byDefault, printSelection(completeSelection)]) {
    const expected = (await readAll({ selection })).text;
    await using lines = await open({ selection });
    const undo = new Error('undo');
    await db
      .transaction(async (tx) => {
        // Committed in part below; the rest stays open while it reads.
        await tx.execute(sql`update customers set first_name = 'changed' where booster_customer_id = 1999`);
        const [first, ...others] = await readWhileWriting(lines.chunks);
        expect(Buffer.concat([first, ...others].flatMap((bytes) => bytes ?? [])).toString()).toBe(expected);
        throw undo;
      })
      .catch((error: unknown) => {
        if (error !== undo) throw error;
      });
    await db.execute(sql`delete from customers where booster_customer_id between 3000 and 9000`);
    await db.execute(sql`update customers set first_name = repeat(chr(97 + booster_customer_id % 26), 10)
      where first_name = 'after'`);
  }
});

/** Reads one chunk, commits changes to rows on both sides of it, and reads on. */
async function readWhileWriting(chunks: AsyncIterable<Chunk>): Promise<Uint8Array[]> {
  const read: Uint8Array[] = [];
  for await (const { bytes } of chunks) {
    if (read.length === 0) {
      await db.execute(
        sql`update customers set first_name = 'after' where booster_customer_id in (1, 1500, 10900)`,
      );
      await addCustomers(db, { count: 5, firstId: 3_000 });
    }
    read.push(bytes);
  }
  return read;
}

test('an aborted read ends at once, and leaves no connection', async () => {
  const aborter = new AbortController();
  const read = async () => {
    await using lines = await open({
      signal: aborter.signal,
      name: 'aborted',
      filter: { ...everybody, brand: 'long' },
    });
    for await (const _ of lines.chunks) aborter.abort(new Error('enough'));
  };
  const begin = performance.now();
  await expect(read()).rejects.toThrow('enough');
  await waitFor(async () => (await countBackends('aborted')) === 0);
  expect(performance.now() - begin).toBeLessThan(2_000);
});

test('a read that is aborted while the database keeps it waiting ends at once too', async () => {
  const aborter = new AbortController();
  await db.transaction(async (tx) => {
    await tx.execute(sql`lock table customers in access exclusive mode`);
    const reading = expect(open({ signal: aborter.signal, name: 'waiting' })).rejects.toThrow('enough');
    await waitFor(async () => {
      const rows = await db.execute(
        sql`select from pg_stat_activity where application_name = 'waiting' and wait_event_type = 'Lock'`,
      );
      return rows.length === 2; // both of its connections
    });
    const begin = performance.now();
    aborter.abort(new Error('enough'));
    await reading;
    await waitFor(async () => (await countBackends('waiting')) === 0);
    expect(performance.now() - begin).toBeLessThan(2_000);
  });
  await expect(open({ signal: aborter.signal })).rejects.toThrow('enough');
});

test('a reader that stops half way leaves no connection', async () => {
  await (async () => {
    await using lines = await open({ name: 'left' });
    for await (const _ of lines.chunks) break;
  })();
  await waitFor(async () => (await countBackends('left')) === 0);
});

test.each([0, 1])('a read whose connection %i is killed rejects, and never ends short', async (which) => {
  let lines = 0;
  const read = async () => {
    await using reading = await open({ name: `killed ${which}`, filter: { ...everybody, brand: 'long' } });
    expect(reading.total).toBe(3_000);
    for await (const chunk of reading.chunks) {
      if (lines === 0) {
        await db.execute(sql`select pg_terminate_backend(pid) from (
          select pid from pg_stat_activity where application_name = ${`killed ${which}`}
          order by backend_start, pid limit 1 offset ${which}) victim`);
      }
      lines += chunk.lines;
    }
  };
  await expect(read()).rejects.toThrow();
  expect(lines).toBeLessThan(3_000);
  await waitFor(async () => (await countBackends(`killed ${which}`)) === 0);
});

test('a chunk of lines of a megabyte each is no more than fifty of them', async () => {
  await addCustomers(db, { count: 60, brand: 'huge', firstId: 30_001 });
  await db.execute(sql`insert into customer_interests
    select booster_customer_id, 'I1', repeat('a', 1000000) from customers where brand = 'huge'`);
  await using lines = await open({ filter: { ...everybody, brand: 'huge' } });
  expect(lines.total).toBe(60);
  let count = 0;
  for await (const chunk of lines.chunks) {
    expect(chunk.bytes.byteLength).toBeLessThan(51 * 1024 * 1024);
    count += chunk.lines;
  }
  expect(count).toBe(60);
});

test.each([
  // Of each connection three stretches of 1 MB, and what is just coming.
  ['that are sorted', 'long', range(20_001, 3_000), reversed, 8],
  // Three of 2.5 MB.
  ['in their order', 'many', range(40_001, 10_000), byDefault, 24],
] as const)(
  'lines %s are read on and on into the same memory, and none is written over',
  async (...given) => {
    const [, brand, expected, selection, most] = given;
    await using lines = await open({ selection, filter: { brand, posCodes: ['P1'] } });
    const memories = new Set<ArrayBufferLike>();
    const ids: number[] = [];
    let read = 0;
    for await (const { bytes } of lines.chunks) {
      // As slow as a disk: the database is ahead by all that it was asked for.
      await new Promise((resolve) => setImmediate(resolve));
      memories.add(bytes.buffer);
      read += bytes.byteLength;
      ids.push(...idsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()));
    }
    expect(ids).toEqual(expected);
    expect(read).toBeGreaterThan(1_500_000 * most);
    expect(memories.size).toBeLessThanOrEqual(most);
  },
);
