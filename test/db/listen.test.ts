import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { type ListenOptions, listen } from '../../src/db/listen.ts';
import { eventually } from '../support/eventually.ts';
import { useDatabase } from '../support/postgres.ts';

const { db, sql, url } = useDatabase();
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(databaseUrl: string, options: Partial<ListenOptions> = {}) {
  const heard: string[] = [];
  const onListening = vi.fn();
  const listening = await listen(db, databaseUrl, 'bell', {
    onNotify: (payload) => heard.push(payload),
    onListening,
    ...options,
  });
  closing.push(listening.close);
  return { heard, onListening, close: listening.close };
}

/** A network on which connections can go dead: nothing is closed, and nothing comes through any more. */
async function openNetwork() {
  const pairs: [Socket, Socket][] = [];
  const server = createServer((near) => {
    const { hostname, port } = new URL(url);
    const far = dial(Number(port), hostname);
    pairs.push([near, far]);
    near.pipe(far).on('error', () => {});
    far.pipe(near).on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  closing.push(async () => {
    for (const socket of pairs.flat()) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    url: url.replace(/:\d+\//, `:${typeof address === 'object' ? address?.port : 0}/`),
    connections: () => pairs.length,
    /** Kills the connections of now, not those to come. */
    goDead: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        far.resume();
        near.resume();
      }
    },
  };
}

const backends = async () => {
  const rows = await sql<{ pid: number }[]>`
    select pid from pg_stat_activity
    where datname = current_database() and application_name = 'customer-export listener'`;
  return rows.map(({ pid }) => pid);
};

test('what is said on the channel is heard, in order, and nothing else', async () => {
  const { heard, onListening } = await open(url);
  expect(onListening).toHaveBeenCalledTimes(1);
  for (const payload of ['one', 'two', '']) await sql.notify('bell', payload);
  await sql.notify('other', 'three');
  await sql.notify('bell', 'four');
  await eventually(() => expect(heard).toEqual(['one', 'two', '', 'four']));
});

test('a connection that the server ends comes back, and says that it may have missed something', async () => {
  const { heard, onListening } = await open(url);
  for (let time = 2; time <= 3; time++) {
    await sql`select pg_terminate_backend(${(await backends())[0] ?? 0})`;
    await eventually(() => expect(onListening).toHaveBeenCalledTimes(time));
    await sql.notify('bell', `${time}`);
    await eventually(() => expect(heard.at(-1)).toBe(`${time}`));
  }
});

test('a connection whose other end went without a word is replaced', async () => {
  const network = await openNetwork();
  const { heard, onListening } = await open(network.url, { heartbeatMs: 100, echoMs: 100 });
  network.goDead();
  await sql.notify('bell', 'into the void');
  await eventually(() => expect(onListening.mock.calls.length).toBeGreaterThan(1));
  // More than once: on a busy machine the new connection may not hear itself within 100 ms either, and be replaced too.
  const hearsAgain = async () => {
    await sql.notify('bell', 'again');
    expect(heard).toContain('again');
  };
  await eventually(hearsAgain);
  expect(heard).not.toContain('into the void');
});

test('a connection that hears itself stays, and two listeners do not take each other’s echo', async () => {
  const network = await openNetwork();
  const first = await open(network.url, { heartbeatMs: 50, echoMs: 10_000 });
  const second = await open(network.url, { heartbeatMs: 70, echoMs: 10_000 });
  const echoes: string[] = [];
  const { unlisten } = await sql.listen('bell', (payload) => echoes.push(payload));
  closing.push(unlisten);
  await eventually(() => expect(echoes.length).toBeGreaterThan(8));
  expect(new Set(echoes).size).toBe(2);
  expect(network.connections()).toBe(2);
  expect([...first.heard, ...second.heard]).toEqual([]);
});

test('one that is deaf from the start is replaced too, until it hears', async () => {
  const network = await openNetwork();
  const { onListening } = await open(network.url, { heartbeatMs: 50, echoMs: 100 });
  for (let time = 1; time <= 3; time++) {
    const calls = onListening.mock.calls.length;
    network.goDead();
    await eventually(() => expect(onListening.mock.calls.length).toBeGreaterThan(calls));
  }
  await eventually(async () => expect(await backends()).not.toHaveLength(0));
});

test('closing ends the connection, also one that is dead', async () => {
  const network = await openNetwork();
  const { close } = await open(network.url);
  network.goDead();
  const started = performance.now();
  await close();
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('it rejects when there is nobody to listen to', async () => {
  await expect(open('postgresql://nobody@127.0.0.1:1/none')).rejects.toThrow();
});
