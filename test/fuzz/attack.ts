import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { graphqlRequest } from './graphql-request.ts';
import type { FuzzRequest } from './request.ts';
import { restRequest } from './rest-request.ts';

export type Attack = {
  readonly url: string;
  /** Used in turn, so that nobody reaches the limit of unfinished exports. */
  readonly tokens: readonly string[];
  /** Stands in everything that no caller may see. */
  readonly canary: string;
  readonly runs: number;
  readonly seed: number;
};

export type Outcome = {
  readonly runs: number;
  /** How many answers had each status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** What is wrong, with the smallest request that shows it. */
  readonly failures: readonly string[];
};

/** What no answer may hold: traces, SQL, paths, and words of the libraries beneath. */
const leaks =
  /node_modules|\.[tj]s:\d|\n\s+at |Drizzle|postgres|ECONN|select .+ from |insert into|relation "|INTERNAL_SERVER_ERROR/i;

/** Sends generated requests, two kinds at a time, each one when the one before is answered. */
export async function attack({ url, tokens, canary, runs, seed }: Attack): Promise<Outcome> {
  const statuses: Record<string, number> = {};
  const failures: string[] = [];
  let sent = 0;
  const wrongWith = async (asked: FuzzRequest): Promise<string | null> => {
    const token = tokens[Math.floor(sent++ / 500) % tokens.length] ?? '';
    const { status, body } = await send(url, asked, token);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status >= 500) return `status ${status}: ${body.slice(0, 300)}`;
    // A request may repeat its own words only where they are none of ours.
    const leak = leaks.exec(body)?.[0];
    if (leak !== undefined && !asked.body?.includes(leak))
      return `an answer with "${leak}": ${body.slice(0, 300)}`;
    if (body.includes(canary)) return 'an answer with what its caller may not see';
    return null;
  };
  const each = Math.ceil(runs / 2);
  await Promise.all(
    [graphqlRequest, restRequest].map(async (arbitrary) => {
      const property = fc.asyncProperty(arbitrary, async (asked) => {
        const wrong = await wrongWith(asked);
        if (wrong !== null) throw new Error(wrong);
      });
      const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: each, seed });
      if (failed) failures.push(`${errorInstance}\nseed ${seed}: ${JSON.stringify(counterexample)}`);
    }),
  );
  return { runs: sent, statuses, failures };
}

/** Longer than any answer may take. */
const TIMEOUT_MS = 20_000;

function send(
  url: string,
  { method, path, headers, body }: FuzzRequest,
  token: string,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url + path, {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
      timeout: TIMEOUT_MS,
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`No answer in ${TIMEOUT_MS} ms.`)));
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
    });
    outgoing.end(body ?? undefined);
  });
}
