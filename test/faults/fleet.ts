/**
 * `npm run test:fleet -- --exports N [--kill SECONDS | --restart]`: two gateways and three workers in
 * processes of their own, on one PostgreSQL and one S3 server, with a subscriber for every export at the gateway that
 * did not start it. A worker is killed every five seconds (or SECONDS) and replaced, and
 * a gateway once; with `--restart` each process in turn is told to stop and replaced, round after round.
 * Prints what became of the exports; the exit status says whether all was well.
 */
import { parseArgs } from 'node:util';
import { prepareDatabase } from '../../src/customers/stored-lines.ts';
import { connect } from '../../src/db/client.ts';
import { runFleet } from './fleet/run.ts';
import { kill, restart } from './fleet/trouble.ts';
import { openCluster } from './rounds/cluster.ts';

const { values: options } = parseArgs({
  options: {
    exports: { type: 'string', default: '200' },
    kill: { type: 'string', default: '5' },
    restart: { type: 'boolean', default: false },
  },
});
const began = performance.now();
const say = (line: string) =>
  process.stdout.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);

await using cleanup = new AsyncDisposableStack();
const cluster = await openCluster();
cleanup.defer(cluster.close);
const url = cluster.url();
await prepareDatabase(url);
const { db, close } = connect(url, { name: 'fleet' });
cleanup.defer(close);
const { wrong, ...counts } = await runFleet(
  { db, url },
  {
    exports: Number(options.exports),
    workers: 3,
    trouble: options.restart ? restart() : kill(Number(options.kill) * 1000),
    say,
  },
);
say(
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', '),
);
for (const line of wrong) say(`WRONG ${line}`);
process.exitCode = wrong.length === 0 && counts.failed === 0 ? 0 : 1;
