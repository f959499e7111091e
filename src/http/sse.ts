import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Viewer } from '../auth/viewer.ts';
import { AccessError } from '../errors.ts';
import { streamOf } from '../exports/feed.ts';
import { Source } from '../exports/source.ts';
import type { Context } from '../graphql/context.ts';
import { type Result, textOf } from './result-text.ts';
import { onExpiry } from './token-expiry.ts';
import { writeWhole } from './write-whole.ts';

/** How often a stream without events shows that it is alive, so that nobody on the way cuts it. */
const PING_MS = 12_000;
const PING = ':\n\n';

/** A subscription over HTTP that is to be sent as a stream of events. */
export type EventStream = {
  readonly results: Source<Result>;
  readonly viewer: Viewer;
  /** What comes last when the caller's token expires; a WebSocket is closed instead. */
  readonly expired: () => Result;
};

const streams = new WeakMap<Response, EventStream>();

/** The stream that a response of Yoga's stands for, if any. */
export function eventStreamOf(response: Response): EventStream | undefined {
  return streams.get(response);
}

/**
 * Has the results of subscriptions sent as server-sent events, in GraphQL over SSE's distinct connections mode. Yoga does
 * that as well, but needs more than a core for thousands of them, and keeps many events for a client that does not read.
 */
export function useEventStreams(
  mask: (error: unknown) => GraphQLError,
): Plugin<Context & { readonly request?: Request }> {
  const expired = () => ({
    errors: [mask(new AccessError('UNAUTHENTICATED', 'The token has expired.'))],
  });
  const asked = new WeakMap<Request, EventStream>();
  return {
    onSubscribe: ({ args: { contextValue } }) => ({
      onSubscribeResult: ({ result }) => {
        const { request, viewer } = contextValue;
        if (request && result instanceof Source) asked.set(request, { results: result, viewer, expired });
      },
    }),
    // What the server says of all answers holds here, too: Yoga lets caches keep what it sends as events.
    onResponse: ({ response }) => response.headers.delete('cache-control'),
    onResultProcess: ({ request, result, resultProcessor, setResultProcessor }) => {
      const stream = asked.get(request);
      if (!stream || !isAsyncIterable(result)) return;
      // The client takes no events.
      if (resultProcessor === undefined) return stream.results.leave();
      setResultProcessor((_result, { Response }) => {
        const response = new Response(null, { headers });
        streams.set(response, stream);
        return response;
      }, 'text/event-stream');
    },
  };
}

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
};

/** Sends a client its events, one at a time: the next one leaves when the one before has. */
export function sendEvents({ results, viewer, expired }: EventStream, client: ServerResponse): void {
  if (client.destroyed) {
    results.leave();
    return;
  }
  // The end of the connection is the end of the stream, which then needs no chunks: they take three pieces each.
  client.setHeader('connection', 'close');
  client.removeHeader('transfer-encoding');
  // Something at once: some clients wait for the first byte before they say that they are connected.
  client.write(PING);
  const sender = new EventSender(results, client);
  const pings = setInterval(() => sender.ping(), PING_MS);
  const forget = onExpiry(viewer, () => sender.endWith(expired()));
  client.once('close', () => {
    clearInterval(pings);
    forget();
    sender.stop();
  });
  sender.start();
}

/** The same bytes for everybody who is sent the same result. */
const chunks = new WeakMap<Result, Buffer>();

function chunkOf(result: Result): Buffer {
  const made = chunks.get(result) ?? Buffer.from(`event: next\ndata: ${textOf(result)}\n\n`);
  chunks.set(result, made);
  return made;
}

class EventSender {
  #results: Source<Result>;
  readonly #client: ServerResponse;
  /** Past the response, where a chunk costs several times as much; there is none yet while an earlier answer is due. */
  readonly #socket: Writable;
  #isSending = false;

  constructor(results: Source<Result>, client: ServerResponse) {
    this.#results = results;
    this.#client = client;
    this.#socket = client.socket ?? client;
  }

  start(): void {
    this.#sendNext();
  }

  ping(): void {
    if (!this.#isSending) this.#client.write(PING);
  }

  /** Of what is not on its way yet only this is sent. */
  endWith(last: Result): void {
    const left = this.#results;
    this.#results = streamOf(last);
    left.leave();
    this.#sendNext();
  }

  stop(): void {
    this.#results.leave();
  }

  readonly #sendNext = () => {
    if (this.#isSending || this.#client.destroyed || this.#client.writableEnded) return;
    const next = this.#results.take(this.#sendNext);
    if (next === null) return;
    if (next.done) {
      this.#client.end('event: complete\ndata:\n\n');
    } else {
      this.#isSending = true;
      writeWhole(this.#socket, chunkOf(next.value), this.#onSent);
    }
  };

  readonly #onSent = () => {
    this.#isSending = false;
    this.#sendNext();
  };
}
