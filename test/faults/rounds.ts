/**
 * `npm run test:faults -- --rounds N [--kind any|kill|suspend] [--minutes M] [--seed S] [--lanes L]`: the whole program
 * in several processes, and in each round something that goes wrong at a moment of chance, while others write customers.
 * Rounds are played in `lanes` side by side, each with a PostgreSQL and processes of its own: a round is mostly waiting.
 * None begins after M minutes. Tells of each round as it goes and of all of them at the end; the exit status says whether
 * all was well.
 */
import { parseArgs } from 'node:util';
import { kinds } from './rounds/faults.ts';
import { type Lane, type LaneEnd, nothingSeen, openLane, type Round } from './rounds/lane.ts';
import { randomFrom } from './rounds/random.ts';
import { summarize } from './rounds/summary.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    kind: { type: 'string', default: 'any' },
    minutes: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    lanes: { type: 'string', default: '4' },
  },
});
const faults = kinds[options.kind];
if (!faults) throw new Error(`There is no kind "${options.kind}": ${Object.keys(kinds).join(', ')}.`);
const count = Number(options.rounds);
const seed = Number(options.seed);
const lanes = Math.min(Number(options.lanes), count);
const say = (line: string) => process.stdout.write(`${line}\n`);
say(`${count} rounds of kind ${options.kind}, seed ${seed}, ${lanes} lanes`);

const rounds: Round[] = [];
let begun = 0;
const deadline = performance.now() + Number(options.minutes) * 60_000;

async function playLane(number: number, open: Promise<Lane>): Promise<LaneEnd> {
  const random = randomFrom(seed + number * 1_000_003);
  try {
    await using lane = await open;
    while (begun < count && performance.now() < deadline) {
      begun += 1;
      const round = await lane.play(random.pick(faults ?? []));
      rounds.push(round);
      say(`${rounds.length} ${describe(round)}`);
    }
    return await lane.end();
  } catch (error) {
    // What the others find is told all the same.
    return { ...nothingSeen, wrong: [`a lane broke off: ${String(error)}`] };
  }
}

function describe({ fault, outcomes, takeoversMs, wrong }: Round): string {
  const taken = takeoversMs.map((ms) => `${(ms / 1000).toFixed(2)} s`).join(', ');
  return [
    `${fault}: ${outcomes.join(', ')}`,
    ...(taken ? [`taken over after ${taken}`] : []),
    ...wrong.map((line) => `WRONG ${line}`),
  ].join('; ');
}

// One lane opens after the other: starting takes all of the machine.
const playing: Promise<LaneEnd>[] = [];
for (let number = 0; number < lanes; number++) {
  const opening = openLane(seed + number);
  playing.push(playLane(number, opening));
  await opening.catch(() => {}); // told by its lane
}
const ends = await Promise.all(playing);
const { lines, good } = summarize(rounds, ends);
for (const line of lines) say(line);
process.exitCode = good ? 0 : 1;
