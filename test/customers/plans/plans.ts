/**
 * `npm run test:plans -- --customers N`: makes N demo customers, of all demo Maisons, in a database of its own under
 * DATA_DIR (`.data/plans` unless given) and tells what every combination of filters reads there, by
 * EXPLAIN (ANALYZE, BUFFERS). The exit status says whether any reads more than it may.
 */
import { parseArgs } from 'node:util';
import { seedCustomers } from '../../../src/customers/demo/seed.ts';
import { prepareDatabase } from '../../../src/customers/stored-lines.ts';
import { connect } from '../../../src/db/client.ts';
import { openEmbeddedDatabase } from '../../../src/db/embedded.ts';
import { customers } from '../../../src/db/tables.ts';
import { type Judged, judgePlans } from './judge.ts';

const { values } = parseArgs({ options: { customers: { type: 'string', default: '1000000' } } });
const wanted = Number(values.customers);
const say = (line: string) => process.stdout.write(`${line}\n`);

const embedded = await openEmbeddedDatabase(process.env['DATA_DIR'] ?? '.data/plans');
const connection = connect(embedded.url, { max: 1 });
try {
  await prepareDatabase(embedded.url);
  const missing = wanted - (await connection.db.$count(customers));
  if (missing > 0) await seedCustomers(embedded.url, { customers: missing, brand: null, seed: 'plans' });
  await connection.sql`vacuum analyze`;
  const judged: Judged[] = [];
  for await (const one of judgePlans(connection)) {
    judged.push(one);
    const { name, reading, faults } = one;
    if (!name.includes('+')) say(describe(name, reading));
    for (const fault of faults) say(`WRONG ${name}: ${fault}`);
  }
  const pairs = judged.filter(({ name }) => name.includes('+'));
  const slowest = pairs.toSorted((a, b) => b.reading.milliseconds - a.reading.milliseconds).slice(0, 5);
  say(`${pairs.length} pairs, the slowest of which:`);
  for (const { name, reading } of slowest) say(describe(name, reading));
  const wrong = judged.filter(({ faults }) => faults.length > 0).length;
  say(`${judged.length} statements, ${wrong} of them read too much.`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  await connection.close();
  await embedded.close();
}

function describe(
  name: string,
  { milliseconds, buffers, rows, indexes, scanned }: Judged['reading'],
): string {
  const read = [...rows].map(([table, count]) => `${table} ${count}${scanned.has(table) ? ' (scan)' : ''}`);
  return `${name.padEnd(44)} ${milliseconds.toFixed(1).padStart(8)} ms ${String(buffers).padStart(7)} pages | ${read.join(', ')} | ${[...indexes].join(', ')}`;
}
