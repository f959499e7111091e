import { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Connection, connect } from '../../src/db/client.ts';
import { eventually } from '../support/eventually.ts';
import { useDatabase } from '../support/postgres.ts';

/*
 * What `patches/postgres+3.4.9.patch` mends (porsager/postgres#1066, #1154, #1208): a connection that is cut must not
 * end the process, nor stay in the pool deaf, nor run one transaction's statements in another one. And what a COPY
 * into a table needs: that it tells of every fault, and does not wait 40 ms for its end. And binary results.
 */

const { url, db: other } = useDatabase();
const opened: Connection[] = [];
afterEach(() => Promise.all(opened.splice(0).map(({ close }) => close())));

/** A pool of connections of this name. */
function open(max: number): Connection {
  const connection = connect(url, { max, name: 'cut me' });
  opened.push(connection);
  return connection;
}

const cut = () =>
  other.execute(
    sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut me'`,
  );

/** Until what is left over from a cut has come up: a fault in it would be nobody's, and fail the run. */
async function settle() {
  for (let turns = 0; turns < 20; turns++) await turn();
}

describe('a connection that is cut', () => {
  test('in the middle of a transaction fails it, and the next one works', async () => {
    const { db } = open(1);
    const failing = db.transaction(async (tx) => {
      const sleeping = Promise.resolve(tx.execute(sql`select pg_sleep(20)`));
      await Promise.all([sleeping, cut()]);
    });
    await expect(failing).rejects.toThrow();
    await settle();
    expect(await db.execute(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  test('between two statements of a transaction fails the second', async () => {
    const { db } = open(1);
    const failing = db.transaction(async (tx) => {
      await tx.execute(sql`select 1`);
      await cut();
      await settle();
      await tx.execute(sql`select 2`);
    });
    await expect(failing).rejects.toThrow();
    await settle();
    expect(await db.execute(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  test('while it is reserved fails what follows, and the pool goes on', async () => {
    const { sql: client } = open(1);
    const reserved = await client.reserve();
    await reserved`select 1`;
    await cut();
    await settle();
    await expect(Promise.resolve(reserved`select 2`)).rejects.toThrow();
    reserved.release();
    await eventually(async () => expect(await client`select 3 as three`).toEqual([{ three: 3 }]));
  });

  test('does not run a lost transaction’s statements for whoever has it next', async () => {
    const { db } = open(1);
    await other.execute(sql`create table written (what text)`);
    const cutOff = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const lost = db.transaction(async (tx) => {
      await tx.execute(sql`insert into written values ('first')`);
      await cut();
      cutOff.resolve();
      await late.promise;
      await tx.execute(sql`insert into written values ('second, without the first')`);
    });
    lost.catch(() => {});
    await cutOff.promise;
    await settle();
    await db.transaction(async (tx) => {
      await tx.execute(sql`insert into written values ('another')`);
      late.resolve();
      await settle();
    });
    await expect(lost).rejects.toThrow();
    await settle();
    expect(await other.execute(sql`select what from written`)).toEqual([{ what: 'another' }]);
  });

  test('again and again leaves no connection of the pool deaf', async () => {
    const { db } = open(5);
    for (let round = 0; round < 10; round++) {
      const asking = Array.from({ length: 30 }, () =>
        db.transaction(async (tx) => {
          await tx.execute(sql`select 1`);
          await tx.execute(sql`select 2`);
        }),
      );
      await Promise.all([cut(), ...asking.map((asked) => asked.catch(() => {}))]);
    }
    await settle();
    const answers = Promise.all(Array.from({ length: 20 }, () => db.execute(sql`select pg_sleep(0.05)`)));
    expect(await answers).toHaveLength(20);
  });
});

test('a COPY tells of a fault that comes after its last byte, and the connection goes on', async () => {
  const { sql: client } = open(1);
  const connection = await client.reserve();
  await connection`create temporary table numbers (n integer primary key)`;
  const copy = async (rows: string) => {
    const stream = await connection.unsafe('copy numbers from stdin').writable();
    await Promise.all([finished(stream), stream.end(rows)]);
  };
  await copy('1\n2\n');
  await expect(copy('3\n1\n')).rejects.toMatchObject({ code: '23505' });
  await copy('3\n');
  expect(await connection`select count(*)::int as n from numbers`).toEqual([{ n: 3 }]);
  connection.release();
});

test('a small packet does not wait until the one before is acknowledged', async () => {
  const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
  const { sql: client } = open(1);
  await client`select`;
  expect(noDelay).toHaveBeenCalledWith(true);
  noDelay.mockRestore();
});

test.each([
  ['with parameters', [7]],
  ['without', []],
])('an answer comes in the binary format, %s', async (_, parameters) => {
  const { sql: client } = open(1);
  const number = parameters.length === 0 ? '7' : '$1::int';
  const query = () =>
    client
      .unsafe(`select ${number}, 'é', '\\x00ff'::bytea, null`, parameters, { binary: true, prepare: true })
      .raw();
  const rows = [[Buffer.from([0, 0, 0, 7]), Buffer.from('é'), Buffer.from([0, 255]), null]];
  expect([...(await query())]).toEqual(rows);
  expect([...(await query())]).toEqual(rows);
});
