import fc from 'fast-check';
import { operationRequest } from './graphql-request.ts';
import { json, text } from './values.ts';

/** What a client says over one socket, one message after the other; `TOKEN` stands for a token that is good. */
export type Session = { readonly messages: readonly (string | Uint8Array)[] };

export const TOKEN = '{token}';
const write = (message: unknown) => JSON.stringify(message);

const id = fc.oneof(fc.constantFrom('1', '2', '3', '__proto__', 'constructor', ''), text);
const good = fc.constant(write({ type: 'connection_init', payload: { authorization: `Bearer ${TOKEN}` } }));
const parameters = fc.oneof(
  json,
  fc.record({
    authorization: fc.oneof(
      json,
      text.map((value) => `Bearer ${value}`),
    ),
  }),
);
const opening = fc.oneof(
  { weight: 9, arbitrary: good },
  { weight: 1, arbitrary: parameters.map((payload) => write({ type: 'connection_init', payload })) },
);
const anyMessage = (foreignId: string) =>
  fc.oneof(
    {
      weight: 40,
      arbitrary: fc
        .tuple(id, operationRequest(foreignId))
        .map(([operation, payload]) => write({ id: operation, type: 'subscribe', payload })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(id, json).map(([x, payload]) => write({ id: x, type: 'subscribe', payload })),
    },
    { weight: 2, arbitrary: id.map((operation) => write({ id: operation, type: 'complete' })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('ping', 'pong'), json)
        .map(([type, payload]) => write({ type, payload })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(text, json).map(([type, payload]) => write({ id: '1', type, payload })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('next', 'error', 'connection_ack').map((type) => write({ id: '1', type })),
    },
    { weight: 1, arbitrary: fc.oneof(text, json.map(write)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    { weight: 1, arbitrary: good },
  );

/** Mostly a good beginning, then anything, sometimes a flood of pings. */
export const session = (foreignId: string): fc.Arbitrary<Session> =>
  fc
    .tuple(
      opening,
      fc.array(anyMessage(foreignId), { maxLength: 6 }),
      fc.oneof(
        { weight: 15, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 300 }) },
      ),
    )
    .map(([first, others, pings]) => ({
      messages: [first, ...others, ...Array.from({ length: pings }, () => write({ type: 'ping' }))],
    }));
