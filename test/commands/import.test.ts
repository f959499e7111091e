import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCommand, startCommand } from '../support/command.ts';
import { useDatabase } from '../support/postgres.ts';

const { url, db } = useDatabase();
const env = { DATABASE_URL: url };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-test-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  await db.execute(sql`truncate brands, customers cascade`);
});

const line = (boosterCustomerId: number, more: object = {}) =>
  `${JSON.stringify({
    boosterCustomerId,
    brand: 'cartier',
    posCode: 'P1',
    creationDate: '2023-11-01T12:30:00.000Z',
    customerStatus: 'Client',
    ...more,
  })}\n`;

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const countCustomers = async () => (await db.execute(sql`select from customers`)).length;

test('a file whose lines all go in ends with 0, and says how many', async () => {
  const path = await write('good.jsonl.gz', gzipSync(line(1) + line(2)));
  const { status, stdout, stderr } = await runCommand('import', [path], { env });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/100% \| 2 customers stored\n/);
  expect(stdout).toMatch(/\n2 customers imported in [\d.]+ s \([\d,]+ a second\)\.\n$/);
  expect(await countCustomers()).toBe(2);
});

test('bad lines are told as FILE:LINE: reason, the others go in, and it ends with 1', async () => {
  const path = await write('some.jsonl', `${line(1)}oops\n${line(2)}${line(1)}${line(3, { email: 5 })}`);
  const { status, stdout, stderr } = await runCommand('import', [path], { env });
  expect(status).toBe(1);
  expect(stderr).toBe(
    [
      `${path}:2: not JSON`,
      `${path}:4: boosterCustomerId 1 was on an earlier line, which this one replaces`,
      `${path}:5: email must be a text`,
      '',
    ].join('\n'),
  );
  expect(stdout).toMatch(/2 customers imported .*\. 2 bad lines left out\. 1 line replaced by later ones/);
  expect(await countCustomers()).toBe(2);
});

test('a file that cannot be read, or not to its end, ends with 2 and imports nothing', async () => {
  const none = await runCommand('import', [join(folder, 'none.jsonl')], { env });
  expect(none).toMatchObject({
    status: 2,
    stderr: `${folder}/none.jsonl: There is no such file. Nothing was imported.\n`,
  });
  const whole = gzipSync(Array.from({ length: 20_000 }, (_, id) => line(id)).join(''));
  const cut = await runCommand('import', [await write('cut.gz', whole.subarray(0, -100))], { env });
  expect(cut).toMatchObject({
    status: 2,
    stderr: `${folder}/cut.gz: It ends in the middle of its compressed data. Nothing was imported.\n`,
  });
  expect(await countCustomers()).toBe(0);
});

test('a database that cannot be reached, and settings that are wrong, end with 2', async () => {
  const path = await write('one.jsonl', line(1));
  const unreachable = { DATABASE_URL: 'postgresql://nobody:secret@127.0.0.1:1/none' };
  const lost = await runCommand('import', [path], { env: unreachable });
  expect(lost).toMatchObject({
    status: 2,
    stderr: 'The database cannot be reached, or was lost (ECONNREFUSED).\n',
  });
  const wrong = await runCommand('import', [path], { env: { ...env, EXPORT_CONCURRENCY: 'many' } });
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toMatch(/EXPORT_CONCURRENCY/);
});

test('a call without a file, or with what it does not know, ends with 2 and the usage', async () => {
  for (const args of [[], ['--fast', 'a']]) {
    const { status, stderr } = await runCommand('import', args, { env });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^\S.*\n\nUsage: npm run import -- FILE\.jsonl\n/);
  }
  const help = await runCommand('import', ['--help'], { env });
  expect(help).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^Usage: /) });
});

test('an interrupted import leaves the database as it was and ends with 130', async () => {
  const path = await write('long.jsonl', Array.from({ length: 200_000 }, (_, id) => line(id)).join(''));
  const running = startCommand('import', [path], { env });
  await waitFor(async () => {
    // From its first customers to its end, so that a busy machine does not miss it.
    const held = await db.execute(sql`select from pg_locks join pg_stat_activity using (pid)
      where application_name = 'customer-export import' and datname = current_database()
        and relation = 'customers'::regclass and mode = 'RowExclusiveLock'`);
    return held.length === 1;
  });
  running.kill('SIGINT');
  expect(await running.finished).toMatchObject({
    status: 130,
    stderr: 'Interrupted: the database is as it was.\n',
  });
  expect(await countCustomers()).toBe(0);
});

test('a file of 100 MB takes no more memory than a small one', async () => {
  // Long labels of few customers, again and again: many bytes through all that is read and sent, few for the tables.
  const path = join(folder, 'large.jsonl');
  const file = await open(path, 'w');
  const interests = ['A', 'B'].map((sapInterestId) => ({
    interest: sapInterestId.repeat(10_000),
    sapInterestId,
  }));
  let size = 0;
  for (let n = 0; size < 100_000_000; n += 1) {
    size += (await file.write(line(n % 50, { interests }))).bytesWritten;
  }
  await file.close();

  const peak = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS))`;
  const { status, stderr } = await runCommand('import', [path], {
    env,
    // The heap alone could not hold the file.
    node: ['--max-old-space-size=64', '--import', `data:text/javascript,${encodeURIComponent(peak)}`],
  });
  expect(status).toBe(1);
  expect(await countCustomers()).toBe(50);
  const kilobytes = Number(/^peak (\d+)$/m.exec(stderr)?.[1]);
  expect(kilobytes).toBeLessThan(300_000);
});

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('It did not come to pass in 20 s.');
  }
}
