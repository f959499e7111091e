import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { type Environment, exportCustomers, startServer } from './server.ts';

/** How many exports there are to run, and of what lines. */
export type Load = {
  readonly name: string;
  readonly exports: number;
  /** All but `downloadRequestId`. */
  readonly input: Record<string, unknown>;
};

const counts = [1, 2, 4] as const;

/**
 * How much more several worker processes export than one: the same exports, started at once, from the first one's start
 * to the last one's end. Prints a Markdown table. How busy the machine was meanwhile tells what held it up.
 */
export async function benchWorkers(environment: Environment, loads: readonly Load[]): Promise<void> {
  const heads = ['lines', 'workers', 's', 'lines/s', 'against 1', 'busy', 'of that workers'];
  process.stdout.write(`${row(heads)}\n${row(heads.map(() => '---'))}\n`);
  for (const load of loads) {
    let alone = 0;
    for (const workers of counts) {
      const { seconds, lines, busySeconds, workersSeconds } = await measure(environment, load, workers);
      const rate = lines / seconds;
      alone ||= rate;
      const busy = busySeconds / (seconds * availableParallelism());
      const cells = [load.name, workers, seconds.toFixed(1), Math.round(rate).toLocaleString('en')];
      const share = [rate / alone, busy, workersSeconds / busySeconds].map((each) => each.toFixed(2));
      process.stdout.write(`${row([...cells, ...share])}\n`);
    }
  }
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

type Measured = {
  readonly seconds: number;
  readonly lines: number;
  /** What all processes of the machine have used of its cores. */
  readonly busySeconds: number;
  /** What the workers have used. */
  readonly workersSeconds: number;
};

async function measure(
  environment: Environment,
  { exports, input }: Load,
  workers: number,
): Promise<Measured> {
  const server = await startServer(environment, { workers });
  try {
    const [busyBefore, workersBefore] = [await readBusySeconds(), await server.workersCpuSeconds()];
    const began = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: exports }, (_, n) =>
        exportCustomers(server.url, { ...input, downloadRequestId: `workers-${Date.now()}-${n}` }),
      ),
    );
    return {
      seconds: (performance.now() - began) / 1000,
      lines: outcomes.reduce((sum, { lines }) => sum + lines, 0),
      busySeconds: (await readBusySeconds()) - busyBefore,
      workersSeconds: (await server.workersCpuSeconds()) - workersBefore,
    };
  } finally {
    await server.stop();
  }
}

/** Time that all cores together were not idle, nor waiting for a disk (Linux; hundredths). */
async function readBusySeconds(): Promise<number> {
  const [all = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = all.split(/\s+/).map(Number);
  return (user + nice + system + irq + softirq) / 100;
}
