/**
 * `npm run test:fuzz -- [--runs N] [--seed S]`: generated requests against a whole gateway with a database of its own.
 * Prints what came of them; the exit status is 1 when an answer was wrong. A failure names the seed that repeats it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbeddedDatabase } from '../../src/db/embedded.ts';
import { besiege } from './siege.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '20000' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const folder = await mkdtemp(join(tmpdir(), 'export-fuzz-database-'));
const database = await openEmbeddedDatabase(folder, { settings: { fsync: 'off' } });
try {
  const { failures, errors, ...figures } = await besiege(database.url, { runs: Number(values.runs), seed });
  process.stdout.write(`${JSON.stringify({ seed, ...figures, errorsLogged: errors.length }, null, 2)}\n`);
  for (const failure of [...failures, ...errors.slice(0, 5)]) process.stdout.write(`\n${failure}\n`);
  process.exitCode = failures.length + errors.length > 0 ? 1 : 0;
} finally {
  await database.close();
  await rm(folder, { recursive: true, force: true });
}
