/**
 * `npm run test:fuzz -- [--runs N] [--seed S]`: generated requests against a whole gateway with a database of its own.
 * Prints what came of them; the exit status is 1 when an answer was wrong. A failure names the seed that repeats it.
 * `--latency N` compares how long it takes to refuse what is somebody else's and what does not exist, N times each.
 * `--heavy` sends the largest and most awkward requests instead, and prints for how long each holds up the others.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbeddedDatabase } from '../../src/db/embedded.ts';
import { weigh } from './heavy.ts';
import { allRequests } from './heavy-requests.ts';
import { compareLatencies } from './latencies.ts';
import { besiege } from './siege.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string' },
    heavy: { type: 'boolean', default: false },
    latency: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const folder = await mkdtemp(join(tmpdir(), 'export-fuzz-database-'));
const database = await openEmbeddedDatabase(folder, { settings: { fsync: 'off' } });
try {
  if (values.heavy) await printWeights(database.url);
  else if (values.latency) await printLatencies(database.url, Number(values.latency));
  else await printSiege(database.url);
} finally {
  await database.close();
  await rm(folder, { recursive: true, force: true });
}

async function printSiege(url: string): Promise<void> {
  const { failures, errors, ...figures } = await besiege(url, { runs: Number(values.runs), seed });
  process.stdout.write(`${JSON.stringify({ seed, ...figures, errorsLogged: errors.length }, null, 2)}\n`);
  for (const failure of [...failures, ...errors.slice(0, 5)]) process.stdout.write(`\n${failure}\n`);
  process.exitCode = failures.length + errors.length > 0 ? 1 : 0;
}

async function printWeights(url: string): Promise<void> {
  const weights = (await weigh(url, allRequests)).sort((a, b) => b.worked - a.worked || b.first - a.first);
  process.stdout.write('worked, lasted, worked the first time (ms); status\n');
  for (const { worked, lasted, first, door, status, name } of weights) {
    const figures = [worked, lasted, first].map((ms) => ms.toFixed(1).padStart(7)).join('');
    process.stdout.write(`${figures}  ${status.padEnd(5)}${door.padEnd(10)}${name}\n`);
  }
  process.exitCode = weights.some(({ worked }) => worked > 50) ? 1 : 0;
}

async function printLatencies(url: string, count: number): Promise<void> {
  const write = (values: readonly number[]) => values.map((ms) => ms.toFixed(3)).join(' ');
  for (const { what, foreign, missing, ...rest } of await compareLatencies(url, count)) {
    process.stdout.write(`${what} (ms: quartiles, 99th percentile)\n  foreign ${write(foreign)}\n`);
    const { difference, noise, foreignSlower } = rest;
    process.stdout.write(`  missing ${write(missing)}\n  medians differ by ${difference.toFixed(3)}, `);
    process.stdout.write(
      `chance by ${noise.toFixed(3)}; foreign slower in ${(100 * foreignSlower).toFixed(1)} %\n`,
    );
  }
}
