import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { useDatabase } from '../support/postgres.ts';

const { url, db } = useDatabase();
const env = { DATABASE_URL: url };

test('seeding adds as many customers as it was told, of the brand that it was told', async () => {
  const args = ['--customers', '40', '--brand', 'piaget', '--seed', 'x'];
  const { status, stdout, stderr } = await runCommand('seed', args, { env });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/100% \| 40 customers stored\n/);
  expect(stdout).toMatch(/\n40 demo customers added in .*: ids 1000001 to 1000040\.\n$/);
  expect(await db.execute(sql`select from customers where brand = 'piaget'`)).toHaveLength(40);
});

test('a call that does not say how many, or nonsense, ends with 2 and the usage', async () => {
  const count = '--customers';
  for (const args of [
    [],
    [count],
    [count, '0'],
    [count, '1e3'],
    [count, '5', '--brand', ''],
    [count, '5', 'x'],
  ]) {
    const { status, stderr } = await runCommand('seed', args, { env });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^\S.*\n\nUsage: npm run seed -- --customers N /);
  }
});
