import { execFile } from 'node:child_process';
import { parseArgs, promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { loadConfig } from '../src/config.ts';
import { seedCustomers } from '../src/customers/demo/seed.ts';
import { selectLines } from '../src/customers/line.ts';
import { rebuildLines } from '../src/customers/rebuild-lines.ts';
import { completeSelection, defaultSelection, printSelection } from '../src/customers/selection.ts';
import { prepareDatabase } from '../src/customers/stored-lines.ts';
import { type Connection, connect } from '../src/db/client.ts';
import { openEmbeddedDatabase } from '../src/db/embedded.ts';
import { customerLines, customers } from '../src/db/tables.ts';
import type { Contestant, Outcome } from './contestant.ts';
import { copyToFile } from './limit.ts';
import { pageAsClient, readPages } from './peers.ts';
import { benchReaders } from './readers.ts';
import { type BenchServer, startServer } from './server.ts';
import { benchSubscribers } from './subscribers.ts';
import { formatTable } from './table.ts';
import { measureUpkeep } from './upkeep.ts';
import { benchWorkers, type Load } from './workers.ts';

const execute = promisify(execFile);
const BRAND = 'cartier';

const usage = `Usage: npm run bench -- [--customers N] [--runs R] [--only TEXT] [--readers | --subscribers | --workers]

Fills a database with N demo customers (100,000 unless given) of one brand, runs our export and its rivals in turn
R times (3 unless given), and prints the medians. --only takes just the ways whose names contain TEXT, and the limits
they are compared with. Instead, --readers measures how fast several connections and processes read one snapshot,
--workers how much more several worker processes export than one, and --subscribers live progress for 5,000 subscribers.
`;

const { values } = parseArgs({
  options: {
    customers: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    readers: { type: 'boolean', default: false },
    subscribers: { type: 'boolean', default: false },
    workers: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) process.stdout.write(usage);
else if (values.subscribers) await benchSubscribers();
else await benchExports(Number(values.customers), Number(values.runs), values.only);

async function benchExports(count: number, runs: number, only: string): Promise<void> {
  const config = loadConfig({ ...process.env, DATA_DIR: process.env['DATA_DIR'] ?? './.data/bench' });
  const embedded = config.database.kind === 'embedded' ? await openEmbeddedDatabase(config.dataDir) : null;
  const url = config.database.kind === 'server' ? config.database.directUrl : (embedded?.url ?? '');
  const connection = connect(url, { max: 2 });
  await using cleanup = new AsyncDisposableStack();
  if (embedded) cleanup.defer(embedded.close);
  cleanup.defer(connection.close);
  await prepareDatabase(url);
  await fill(url, connection, count);
  if (values.readers) return await benchReaders(url, connection.db, BRAND, runs);
  const environment = { DATABASE_URL: url, DATA_DIR: config.dataDir };
  if (values.workers) return await benchWorkers(environment, await listLoads(connection));
  const server = await startServer(environment);
  cleanup.defer(server.stop);

  const contestants = choose(await listContestants(connection, url, server), only);
  const results = new Map<Contestant, Outcome[]>(contestants.map((contestant) => [contestant, []]));
  for (let run = 0; run < runs; run++) {
    for (const [contestant, outcomes] of results) {
      // Nobody is to wait for what others have left to be written.
      await execute('sync');
      outcomes.push(await contestant.run());
      process.stderr.write('.');
    }
  }
  process.stderr.write('\n');
  checkSameLines(results);
  process.stdout.write(`${formatTable(results)}\n\n`);
  process.stdout.write(`${await measureUpkeep(connection)}\n`);
}

/** Has exactly this many customers of the bench's brand, each with a stored line, and knows their distribution. */
async function fill(url: string, { db, sql: client }: Connection, count: number): Promise<void> {
  const present = await db.$count(customers);
  if (present > count) throw new Error(`There are ${present} customers already: remove DATA_DIR first.`);
  if (present < count) {
    process.stderr.write(`Making ${count - present} customers …\n`);
    await seedCustomers(url, { customers: count - present, brand: BRAND, seed: 'bench' });
  }
  await rebuildLines(db, new AbortController().signal);
  await client`vacuum analyze`;
}

/** All customers of the brand. */
async function makeFilter({ db }: Connection) {
  const rows = await db.execute<{ pos_code: string }>(
    sql`select pos_code from points_of_sale where brand = ${BRAND} order by pos_code`,
  );
  return { brand: BRAND, posCodes: rows.map((row) => row.pos_code) };
}

async function listLoads(connection: Connection): Promise<Load[]> {
  const filter = await makeFilter(connection);
  const selection = printSelection(defaultSelection.toReversed());
  return [
    { name: 'stored', exports: 32, input: { filter } },
    { name: 'built', exports: 16, input: { filter, selection } },
  ];
}

async function listContestants(
  connection: Connection,
  url: string,
  { url: gateway, exportAll }: BenchServer,
): Promise<Contestant[]> {
  const filter = await makeFilter(connection);
  // About one in four.
  const quarter = { ...filter, birthdateMonths: [1, 2, 3] };
  const matched = sql.raw(`select * from customers where brand = '${BRAND}'`);
  const matchedQuarter = sql.raw(
    `select * from customers where brand = '${BRAND}' and extract(month from birthdate)::int in (1, 2, 3)`,
  );
  // Every default field, but in another order: no stored line has it.
  const reversed = defaultSelection.toReversed();
  let request = 0;
  const ours = (input: Record<string, unknown>) => () =>
    exportAll({ downloadRequestId: `bench-${Date.now()}-${request++}`, filter, ...input });
  const stored = sql`select ${customerLines.line} from ${customerLines}
    where ${customerLines.brand} = ${sql.raw(`'${BRAND}'`)} order by ${customerLines.boosterCustomerId}`;

  return [
    limit('COPY stored lines', () => copyToFile(connection.sql, stored)),
    rival('ours: default line', 'COPY stored lines', ours({})),
    rival('ours: default line, GZIP', 'COPY stored lines', ours({ compression: 'GZIP' })),
    rival('ours: default line, ZSTD', 'COPY stored lines', ours({ compression: 'ZSTD' })),
    limit('COPY built lines', () => copyToFile(connection.sql, selectLines(reversed, matched))),
    rival('ours: built lines', 'COPY built lines', ours({ selection: printSelection(reversed) })),
    limit('COPY with transactions', () =>
      copyToFile(connection.sql, selectLines(completeSelection, matched)),
    ),
    rival(
      'ours: with transactions',
      'COPY with transactions',
      ours({ selection: printSelection(completeSelection) }),
    ),
    limit('COPY a quarter', () => copyToFile(connection.sql, selectLines(reversed, matchedQuarter))),
    rival(
      'ours: a quarter, built',
      'COPY a quarter',
      ours({ filter: quarter, selection: printSelection(reversed) }),
    ),
    rival('keyset pages, ORM', 'COPY stored lines', () => readPages(url, BRAND, 'keyset', 100_000)),
    rival('OFFSET pages, ORM, first 60,000', 'COPY stored lines', () =>
      readPages(url, BRAND, 'offset', 60_000),
    ),
    rival('our `customers` in pages of 1,000', 'COPY stored lines', () =>
      pageAsClient(gateway, filter, 100_000),
    ),
  ];
}

/** Those whose names contain the text, with what they are compared with. */
function choose(contestants: readonly Contestant[], text: string): Contestant[] {
  const chosen = contestants.filter(({ name }) => name.includes(text));
  return contestants.filter(
    (contestant) => chosen.includes(contestant) || chosen.some(({ against }) => against === contestant.name),
  );
}

function limit(name: string, run: Contestant['run']): Contestant {
  return { name, against: null, run };
}

function rival(name: string, against: string, run: Contestant['run']): Contestant {
  return { name, against, run };
}

/** A comparison of different work is none: whoever read all lines must have read the same ones. */
function checkSameLines(results: ReadonlyMap<Contestant, readonly Outcome[]>): void {
  const byName = new Map([...results].map(([{ name }, outcomes]) => [name, outcomes]));
  for (const [{ name, against }, outcomes] of results) {
    const [theirs] = (against && byName.get(against)) || [];
    for (const ours of outcomes) {
      const comparable = theirs && ours.lines === theirs.lines && ours.sha256 && !/GZIP|ZSTD/.test(name);
      if (comparable && ours.sha256 !== theirs.sha256)
        throw new Error(`${name} did not read the lines of ${against}.`);
    }
  }
}
