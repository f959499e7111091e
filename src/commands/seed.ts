import { parseArgs } from 'node:util';
import { type SeedReport, seedCustomers } from '../customers/demo/seed.ts';
import { openDatabase } from './open-database.ts';
import { openProgress, showCount, showPace } from './progress.ts';
import { readArguments, runCommand, UsageError } from './run-command.ts';

const usage = `Usage: npm run seed -- --customers N [--brand B] [--seed S]

Adds N demo customers with their transactions, of the brand B or of six demo Maisons. Their ids follow the largest
there is. They depend on the seed S, any text ("1" unless given), on the brand and on their ids alone.
`;

await runCommand(async (signal) => {
  const { values } = readArguments(usage, () =>
    parseArgs({
      options: {
        customers: { type: 'string' },
        brand: { type: 'string' },
        seed: { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h' },
      },
    }),
  );
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const order = {
    customers: readCount(values.customers),
    brand: readBrand(values.brand),
    seed: values.seed,
  };
  await using database = await openDatabase(process.env, signal);
  const startedAt = performance.now();
  const { firstId, lastId } = await seed(database.url, order, signal);
  process.stdout.write(
    `${showCount(order.customers, 'demo customer')} added ${showPace(order.customers, startedAt)}: ids ${firstId} to ${lastId}.\n`,
  );
  return 0;
});

type Order = { readonly customers: number; readonly brand: string | null; readonly seed: string };

async function seed(url: string, order: Order, signal: AbortSignal): Promise<SeedReport> {
  using progress = openProgress('Seeding');
  return await seedCustomers(url, {
    ...order,
    onProgress: ({ made, stored }) => progress.update({ begun: made / order.customers, read: made, stored }),
    signal,
  });
}

function readCount(given: string | undefined): number {
  if (given !== undefined && /^[1-9]\d{0,9}$/.test(given)) return Number(given);
  throw new UsageError('Say how many with --customers N, a whole number of 1 or more.', usage);
}

/** Null = the demo Maisons. */
function readBrand(given: string | undefined): string | null {
  if (given === undefined || /^(?=.*\S)[^\p{Cc}\p{Cs}]{1,128}$/u.test(given)) return given ?? null;
  throw new UsageError('--brand needs a code of 1 to 128 characters.', usage);
}
