import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tryLock } from '../../src/db/embedded/lock.ts';
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../src/db/embedded.ts';
import { type EmbeddedUser, type EmbeddedUserOptions, startEmbeddedUser } from '../support/embedded-user.ts';
import { eventually } from '../support/eventually.ts';

const settings = { fsync: 'off' };
let scratch: string;
/** Most tests share one folder: making a database takes most of a second, and no test is to leave a trace in it. */
let dataDir: string;
let count = 0;
const opened: (EmbeddedDatabase | EmbeddedUser)[] = [];

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'export-gateway-embedded-'));
  dataDir = newFolder();
  const { url } = await open(dataDir);
  await query(url, "create table notes (text text); insert into notes values ('kept')");
  await closeAll();
});

afterEach(closeAll);

afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('the database', () => {
  test('is a PostgreSQL 18 in UTF-8 that orders text by code point', async () => {
    const { url } = await open(dataDir);
    const [row] = await query(
      url,
      `select current_setting('server_version') as version, pg_encoding_to_char(encoding) as encoding,
              datlocprovider::text as provider, datlocale as locale from pg_database where datname = current_database()`,
    );
    expect(row).toEqual({
      version: expect.stringMatching(/^18\./),
      encoding: 'UTF8',
      provider: 'b',
      locale: 'C.UTF-8',
    });
  });

  test('listens on the loopback address alone and lets nobody in without the password', async () => {
    const { url } = await open(dataDir);
    const [row] = await query(
      url,
      "select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets",
    );
    expect(row).toEqual({ addresses: '127.0.0.1', sockets: '' });
    const wrong = new URL(url);
    wrong.password = 'password';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('keeps its password for the owner of DATA_DIR alone, and out of the log', async () => {
    const { url } = await open(dataDir);
    const password = readFileSync(join(dataDir, 'postgres.password'), 'utf8').trim();
    expect(new URL(url).password).toBe(password);
    expect(password).toMatch(/^[\w-]{32}$/);
    expect(statSync(join(dataDir, 'postgres.password')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).not.toContain(password);
  });

  test('keeps personal data of failed statements out of the log', async () => {
    const { url } = await open(dataDir);
    await query(url, 'create table people (email text unique)');
    const insert = "insert into people values ('ada@example.com')";
    await query(url, insert);
    await expect(query(url, insert)).rejects.toThrow('duplicate key');
    const log = readFileSync(join(dataDir, 'postgres.log'), 'utf8');
    expect(log).toContain('duplicate key');
    expect(log).not.toContain('ada@example.com');
  });

  test('finds its data again at the next start', async () => {
    const { url } = await open(dataDir);
    expect(await query(url, 'select text from notes')).toEqual([{ text: 'kept' }]);
  });

  test('takes the settings it is given over the usual ones', async () => {
    const { url } = await open(dataDir, { max_connections: '77' });
    expect(await query(url, "select current_setting('max_connections') as n")).toEqual([{ n: '77' }]);
  });
});

describe('processes that share it', () => {
  test('get one server when they start at the same instant on an empty folder, and the last one stops it', async () => {
    const dataDir = newFolder();
    const users = [start(dataDir), start(dataDir), start(dataDir)];
    const urls = await Promise.all(users.map((user) => user.url));
    expect(new Set(urls).size).toBe(1);
    const [first, second, third] = users;
    const server = pidOfServer(dataDir);
    await second?.close();
    await first?.close();
    expect(await answers(urls[0])).toBe(true);
    expect(pidOfServer(dataDir)).toBe(server);
    await third?.close();
    await expectStopped(dataDir, server);
  });

  test('keep the server when the one that started it leaves', async () => {
    const starter = start(dataDir);
    const url = await starter.url;
    const joined = await open(dataDir);
    await starter.close();
    expect(joined.url).toBe(url);
    expect(await answers(url)).toBe(true);
  });

  test('keep the server while one of two openings in the same process is closed, however often', async () => {
    const one = await open(dataDir);
    const other = await open(dataDir);
    await Promise.all([one.close(), one.close()]);
    expect(await answers(other.url)).toBe(true);
    const server = pidOfServer(dataDir);
    await other.close();
    await expectStopped(dataDir, server);
  });

  test('do not count one that was killed: the next one joins, and stops the server on leaving', async () => {
    const killed = start(dataDir);
    const url = await killed.url;
    await killed.kill();
    expect(await answers(url)).toBe(true);
    const next = await open(dataDir);
    expect(next.url).toBe(url);
    const server = pidOfServer(dataDir);
    await next.close();
    await expectStopped(dataDir, server);
  });

  test('stop the server when the last one ends without closing', async () => {
    const user = start(dataDir);
    await user.url;
    const server = pidOfServer(dataDir);
    await user.exit();
    await expectStopped(dataDir, server);
  });

  test('keep the server through a Ctrl-C, which reaches all processes of a command', async () => {
    const user = start(dataDir, { group: true });
    const url = await user.url;
    const server = pidOfServer(dataDir);
    process.kill(-(user.process.pid ?? Number.NaN), 'SIGINT');
    expect(await query(url, 'select pg_sleep(0.2)::text as slept')).toHaveLength(1);
    await user.close();
    await expectStopped(dataDir, server);
  });

  test('come and go at random without ever losing the server they hold', async () => {
    const visit = async () => {
      const { url, close } = await openEmbeddedDatabase(dataDir, { settings });
      expect(await answers(url)).toBe(true);
      await close();
    };
    const visits = Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 4; i++) await visit();
    });
    await Promise.all(visits);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });
});

describe('after a crash', () => {
  test('a killed server is started again where those who still use it find it', async () => {
    const stayed = await open(dataDir);
    process.kill(pidOfServer(dataDir), 'SIGKILL');
    const next = await open(dataDir);
    expect(next.url).toBe(stayed.url);
    await next.close();
    expect(await query(stayed.url, 'select text from notes')).toEqual([{ text: 'kept' }]);
  });

  test('a server that was killed while its queries went on is started again at once', async () => {
    const user = start(dataDir);
    const url = await user.url;
    const sql = postgres(url, { max: 1 });
    const busy = sql`do 'begin while clock_timestamp() < now() + interval ''20 s'' loop end loop; end'`.catch(
      (error: unknown) => error,
    );
    await eventually(async () => {
      expect(
        await query(url, "select 1 from pg_stat_activity where query like 'do %' and state = 'active'"),
      ).toHaveLength(1);
    });
    process.kill(pidOfServer(dataDir), 'SIGKILL');
    await user.kill();
    await sql.end({ timeout: 0 });
    expect(await busy).toBeInstanceOf(Error);
    const next = await open(dataDir);
    expect(await query(next.url, 'select text from notes')).toEqual([{ text: 'kept' }]);
  });

  test('a pid file that names a process of another program does not matter', async () => {
    // Of the server's own user: PostgreSQL itself ignores those of others.
    const { uid, gid } = statSync(join(dataDir, 'postgres'));
    const other = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid, gid } : {});
    writeFileSync(
      join(dataDir, 'postgres', 'postmaster.pid'),
      `${other.pid}\n${dataDir}\n1\n1\n\n127.0.0.1\n 1 1\nready   \n`,
    );
    const { url } = await open(dataDir);
    expect(await answers(url)).toBe(true);
    expect(other.exitCode).toBeNull();
    other.kill();
  });

  test('a port that another program took meanwhile is replaced', async () => {
    const user = start(dataDir);
    const before = Number(new URL(await user.url).port);
    const server = pidOfServer(dataDir);
    process.kill(server, 'SIGKILL');
    await user.kill();
    await eventually(() => expect(commandOf(server)).toBe(''));
    const other = createServer().listen(before, '127.0.0.1');
    await once(other, 'listening');
    try {
      const { url } = await open(dataDir);
      expect(Number(new URL(url).port)).not.toBe(before);
      expect(await answers(url)).toBe(true);
    } finally {
      other.close();
    }
  });

  test('a database whose making was interrupted is made anew', async () => {
    const dataDir = newFolder();
    const user = start(dataDir);
    await eventually(
      () => expect(draftsIn(dataDir).some((draft) => existsSync(join(draft, 'data', 'global')))).toBe(true),
      {
        timeout: 10_000,
        interval: 5,
      },
    );
    await user.kill();
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    const { url } = await open(dataDir);
    expect(await answers(url)).toBe(true);
  });

  test('a server whose starter was killed is joined when it has started', async () => {
    const user = start(dataDir);
    await eventually(() => pidOfServer(dataDir), { interval: 1 });
    await user.kill();
    const { url } = await open(dataDir);
    expect(await answers(url)).toBe(true);
  });

  test('a server that is on its way out is awaited, and started again', async () => {
    const before = await open(dataDir);
    const server = pidOfServer(dataDir);
    process.kill(server, 'SIGINT');
    const { url } = await open(dataDir);
    expect(await answers(url)).toBe(true);
    expect(pidOfServer(dataDir)).not.toBe(server);
    await before.close();
  });
});

describe('an operator is told', () => {
  test('that DATA_DIR cannot be written', async () => {
    const file = join(scratch, 'file');
    writeFileSync(file, '');
    await expect(open(file)).rejects.toThrow(`DATA_DIR (${file}) cannot be made or written: EEXIST`);
    await expect(open(join(file, 'below'))).rejects.toThrow('cannot be made or written: ENOTDIR');
  });

  test('that there are no programs for the platform', async () => {
    const arch = Object.getOwnPropertyDescriptor(process, 'arch') ?? {};
    Object.defineProperty(process, 'arch', { ...arch, value: 'sparc' });
    try {
      await expect(open(newFolder())).rejects.toThrow(
        `There is no embedded PostgreSQL for this platform (${process.platform}-sparc)`,
      );
    } finally {
      Object.defineProperty(process, 'arch', arch);
    }
  });

  test('that the data is of another major version', async () => {
    const dataDir = copyOfData();
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
    await expect(open(dataDir)).rejects.toThrow(
      'was made by PostgreSQL 17; this is PostgreSQL 18, which cannot read it',
    );
  });

  test('that the password is missing or another one, and the server does not stay', async () => {
    const dataDir = copyOfData();
    const password = join(dataDir, 'postgres.password');
    await rm(password);
    await expect(open(dataDir)).rejects.toThrow(`${password} is missing or empty`);
    writeFileSync(password, 'another\n');
    await expect(open(dataDir)).rejects.toThrow(`The password in ${password} is not that of the database`);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  test('that a folder in its place is not a database, which stays as it is', async () => {
    const dataDir = copyOfData();
    await rm(join(dataDir, 'postgres', 'PG_VERSION'));
    const before = readdirSync(join(dataDir, 'postgres'));
    await expect(open(dataDir)).rejects.toThrow(
      `${join(dataDir, 'postgres')} is not a database, and not empty`,
    );
    expect(readdirSync(join(dataDir, 'postgres'))).toEqual(before);
    expect(draftsIn(dataDir)).toEqual([]);
  });

  test('why PostgreSQL does not start, in its own words', async () => {
    await expect(open(dataDir, { max_connections: 'many' })).rejects.toThrow(
      /PostgreSQL did not start: invalid value for parameter "max_connections": "many"\. Its log is .*postgres\.log/,
    );
  });

  test('that the database is in use from another container', async () => {
    const dataDir = copyOfData();
    const server = await open(dataDir).then(() => pidOfServer(dataDir));
    process.kill(server, 'SIGKILL');
    writeFileSync(join(dataDir, 'postgres.home'), 'pid:[1]\n');
    await expect(openEmbeddedDatabase(dataDir)).rejects.toThrow('is in use from another container');
  });
});

test('waiting for others that start or stop the server can be given up', async () => {
  const gate = tryLock(join(dataDir, 'postgres.lock'), 'exclusive');
  await expect(openEmbeddedDatabase(dataDir, { signal: AbortSignal.timeout(50) })).rejects.toThrow('aborted');
  gate?.release();
});

function newFolder(): string {
  return join(scratch, `data-${++count}`);
}

/** With owners and all. */
function copyOfData(): string {
  const folder = newFolder();
  execFileSync('cp', ['-a', dataDir, folder]);
  return folder;
}

/** Whatever a failed test left: killed users leave a server behind, which the next one to leave stops. */
async function closeAll(): Promise<void> {
  for (const each of opened.splice(0)) {
    if ('kill' in each) await each.kill();
    else await each.close();
  }
  if (existsSync(join(dataDir, 'postgres', 'postmaster.pid')))
    await (await openEmbeddedDatabase(dataDir)).close();
}

async function open(dataDir: string, more: Record<string, string> = {}): Promise<EmbeddedDatabase> {
  const database = await openEmbeddedDatabase(dataDir, { settings: { ...settings, ...more } });
  opened.push(database);
  return database;
}

function start(dataDir: string, options?: EmbeddedUserOptions): EmbeddedUser {
  const user = startEmbeddedUser(dataDir, options);
  opened.push(user);
  return user;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function answers(url: string | undefined): Promise<boolean> {
  return (await query(url ?? '', 'select 1 as one')).length === 1;
}

/** @throws when it has not noted it yet. */
function pidOfServer(dataDir: string): number {
  const pid = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  if (!pid) throw new Error('There is no pid yet.');
  return pid;
}

async function expectStopped(dataDir: string, server: number): Promise<void> {
  await eventually(() => expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false));
  // A zombie has no command line.
  await eventually(() => expect(commandOf(server)).toBe(''));
}

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).includes('-D')
      ? 'postgres'
      : '';
  } catch {
    return '';
  }
}

function draftsIn(dataDir: string): string[] {
  if (!existsSync(dataDir)) return [];
  return readdirSync(dataDir)
    .filter((name) => name.startsWith('postgres.new-'))
    .map((name) => join(dataDir, name));
}
