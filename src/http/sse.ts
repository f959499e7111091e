import { Readable } from 'node:stream';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { type Result, textOf } from './result-text.ts';

/** How often a stream without events shows that it is alive, so that nobody on the way cuts it. */
const PING_MS = 12_000;

/**
 * Sends the results of subscriptions as server-sent events, in GraphQL over SSE's distinct connections mode. Yoga does
 * that as well, but needs more than a core for thousands of them, and keeps many events for a client that does not read.
 */
export function useEventStreams(): Plugin<{ readonly request?: Request }> {
  const streams = new WeakMap<Request, AsyncIterable<Result>>();
  return {
    onSubscribe: ({ args: { contextValue } }) => ({
      onSubscribeResult: ({ result }) => {
        if (contextValue.request && isAsyncIterable(result)) streams.set(contextValue.request, result);
      },
    }),
    // What the server says of all answers holds here, too: Yoga lets caches keep what it sends as events.
    onResponse: ({ response }) => response.headers.delete('cache-control'),
    onResultProcess: ({ request, result: wrapped, resultProcessor, setResultProcessor }) => {
      // As it was before Yoga put around it what keeps the whole request.
      const result = streams.get(request) ?? wrapped;
      // Without a processor the client takes no events.
      if (!isAsyncIterable(result) || resultProcessor === undefined) return;
      setResultProcessor((_result, { Response }) => {
        // Yoga's Response takes the streams of Node, too; its type does not say so.
        const body = new EventStream(result) as unknown as ReadableStream;
        return new Response(body, { headers });
      }, 'text/event-stream');
    },
  };
}

/** Set one by one by Yoga, because they are not its own kind: so the server, when it stops, can tell event streams. */
const headers = new Headers({
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
});

/** One client's events. It writes each one itself when the one before has left, where a stream would fill buffers. */
class EventStream extends Readable {
  readonly #results: AsyncIterator<Result>;
  #isSending = false;
  #pings: NodeJS.Timeout | undefined;

  constructor(results: AsyncIterable<Result>) {
    super();
    this.#results = results[Symbol.asyncIterator]();
  }

  override pipe<T extends NodeJS.WritableStream>(client: T): T {
    // Something at once: some clients wait for the first byte before they say that they are connected.
    client.write(':\n\n');
    this.#pings = setInterval(() => {
      if (!this.#isSending) client.write(':\n\n');
    }, PING_MS);
    this.#send(client).catch((error: unknown) => this.destroy(error instanceof Error ? error : undefined));
    return client;
  }

  async #send(client: NodeJS.WritableStream): Promise<void> {
    for (let next = await this.#results.next(); !next.done; next = await this.#results.next()) {
      const event = `event: next\ndata: ${textOf(next.value)}\n\n`;
      this.#isSending = true;
      await new Promise((resolve) => client.write(event, resolve));
      this.#isSending = false;
    }
    clearInterval(this.#pings);
    client.end('event: complete\ndata:\n\n');
  }

  /** Called when the client is gone. */
  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearInterval(this.#pings);
    const left = this.#results.return?.() ?? Promise.resolve();
    left.then(
      () => callback(error),
      () => callback(error),
    );
  }
}
