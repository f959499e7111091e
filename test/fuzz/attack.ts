import fc from 'fast-check';
import { downloadRequest } from './download-request.ts';
import { graphqlGet, graphqlPost, graphqlStream } from './graphql-request.ts';
import type { Answer } from './request.ts';
import { restRequest } from './rest-request.ts';
import { sendOverHttp } from './send-http.ts';
import { converse } from './send-websocket.ts';
import { canary, personal } from './values.ts';
import { session } from './websocket-session.ts';

export type Attack = {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly signedPath: string;
  readonly foreignId: string;
  readonly runs: number;
  readonly seed: number;
};

export type Outcome = {
  readonly runs: number;
  /** For each transport, how many answers had each status; of a socket what it ended with, or `open`. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** What is wrong, with the smallest request that shows it. */
  readonly failures: readonly string[];
};

/** Attacks through one way in. Resolves with what is wrong there. */
type Door = () => Promise<string | null>;

/** Sends generated requests through all doors at a time, through each one when the one before is answered. */
export async function attack({ url, tokens, signedPath, foreignId, runs, seed }: Attack): Promise<Outcome> {
  const answers: Record<string, Record<string, number>> = {};
  let sent = 0;
  const door = <T>(
    name: string,
    share: number,
    arbitrary: fc.Arbitrary<T>,
    send: (asked: T, token: string) => Promise<Answer>,
  ): Door => {
    const counts: Record<string, number> = {};
    answers[name] = counts;
    const property = fc.asyncProperty(arbitrary, async (asked) => {
      const answer = await send(asked, tokens[Math.floor(sent++ / 500) % tokens.length] ?? '');
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
      const wrong = wrongWith(answer, JSON.stringify(asked));
      if (wrong !== null) throw new Error(`${name}: ${wrong}: ${answer.text.slice(0, 300)}`);
    });
    return async () => {
      const numRuns = Math.ceil(runs * share);
      const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns, seed });
      return failed ? `${errorInstance}\nseed ${seed}: ${JSON.stringify(counterexample)}` : null;
    };
  };
  const http = sendOverHttp(url);
  const doors = [
    door('POST', 0.3, graphqlPost(foreignId), http),
    door('GET', 0.1, graphqlGet(foreignId), http),
    door('SSE', 0.1, graphqlStream(foreignId), http),
    door('WebSocket', 0.2, session(foreignId), converse(url)),
    door('REST', 0.22, restRequest, http),
    door('download', 0.08, downloadRequest(signedPath, foreignId), http),
  ];
  const failures = await Promise.all(doors.map((attackDoor) => attackDoor()));
  return { runs: sent, answers, failures: failures.filter((failure) => failure !== null) };
}

/** What no answer may hold: traces, SQL, paths, and words of the libraries beneath. */
const leaks =
  /node_modules|\.[tj]s:\d|\n\s+at |Drizzle|postgres|ECONN|select .+ from |insert into|relation "|INTERNAL_SERVER_ERROR/i;

function wrongWith({ status, text, refusals }: Answer, asked: string): string | null {
  if (status === 'timeout' || /^(5\d\d|1006|1011|4500)$/.test(status)) return `status ${status}`;
  // A request may repeat its own words only where they are none of ours.
  const leak = leaks.exec(text)?.[0];
  if (leak !== undefined && !asked.includes(leak)) return `an answer with "${leak}"`;
  if (text.includes(canary)) return 'an answer with what its caller may not see';
  if (refusals.includes(personal)) return 'a refusal that repeats a value';
  return null;
}
