import { openGateway } from './gateway.ts';
import type { FuzzRequest } from './request.ts';
import { post } from './request.ts';
import { sendOverHttp } from './send-http.ts';

/** Milliseconds. */
export type Latencies = {
  readonly what: string;
  /** Quartiles and the 99th percentile, of what is there and somebody else's, and of what is not there. */
  readonly foreign: readonly number[];
  readonly missing: readonly number[];
  /** Of the two medians, and of the medians of two halves of the same: what chance alone makes. */
  readonly difference: number;
  readonly noise: number;
  /** How often the foreign one was the slower of two: 0.5 when nothing tells them apart. */
  readonly foreignSlower: number;
};

const nothing = '00000000-0000-4000-8000-000000000000';
const query = 'query ($id: ID!) { customerExport(asyncTaskId: $id) { status } }';
const cancel = 'mutation ($id: ID!) { cancelCustomerExport(asyncTaskId: $id) { userErrors { code } } }';
const graphql = (document: string) => (id: string) =>
  post('/graphql', 'application/json', JSON.stringify({ query: document, variables: { id } }));
const get =
  (path: (id: string) => string) =>
  (id: string): FuzzRequest => ({
    method: 'GET',
    path: path(id),
    headers: {},
    body: null,
  });

const ways: readonly (readonly [string, (id: string) => FuzzRequest])[] = [
  ['customerExport', graphql(query)],
  ['cancelCustomerExport', graphql(cancel)],
  ['REST status', get((id) => `/customer/cartier/export/${id}`)],
  ['download', get((id) => `/exports/${id}/file`)],
  [
    'download by a forged link',
    get((id) => `/exports/${id}/file?expires=4000000000&signature=${'x'.repeat(43)}`),
  ],
];

/** Asks `count` times each, in turns of random order, for an export of somebody else's and for none. */
export async function compareLatencies(databaseUrl: string, count: number): Promise<Latencies[]> {
  await using gateway = await openGateway(databaseUrl);
  const send = sendOverHttp(gateway.url);
  const compared: Latencies[] = [];
  for (const [what, ask] of ways) {
    const time = async (id: string) => {
      const request = ask(id);
      const begun = performance.now();
      await send(request, gateway.tokens[0] ?? '');
      return performance.now() - begun;
    };
    const [foreign, missing]: [number[], number[]] = [[], []];
    for (let n = -200; n < count; n++) {
      const first = Math.random() < 0.5;
      const one = await time(first ? gateway.foreignId : nothing);
      const other = await time(first ? nothing : gateway.foreignId);
      if (n < 0) continue;
      foreign.push(first ? one : other);
      missing.push(first ? other : one);
    }
    const half = (at: number) => missing.filter((_, n) => n % 2 === at);
    compared.push({
      what,
      foreign: figuresOf(foreign),
      missing: figuresOf(missing),
      difference: median(foreign) - median(missing),
      noise: Math.abs(median(half(0)) - median(half(1))),
      foreignSlower: foreign.filter((ms, n) => ms > (missing[n] ?? 0)).length / foreign.length,
    });
  }
  return compared;
}

function figuresOf(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.25, 0.5, 0.75, 0.99].map((share) => sorted[Math.floor(share * sorted.length)] ?? 0);
}

const median = (values: readonly number[]) => figuresOf(values)[1] ?? 0;
