import { type ExecutionArgs, GraphQLError, getOperationAST } from 'graphql';
import type { ExecutionResult, ServerOptions, SubscribePayload } from 'graphql-ws';
import { isAsyncIterable } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Viewer } from '../../auth/viewer.ts';
import type { Origin } from '../../exports/audit.ts';
import { streamOf } from '../../exports/feed.ts';
import { Source } from '../../exports/source.ts';
import { continueTrace, inSpan } from '../../telemetry/spans.ts';
import { type GraphqlServer, maskError } from '../graphql.ts';
import { formatError, textOf } from '../result-text.ts';
import { bytesOf } from './frame.ts';

/** What stands behind one socket. */
export type Connection = {
  readonly origin: Origin;
  /** The trace that the socket's request was a part of, if any. */
  readonly traceparent: string | null;
  /** Sends the two as one message, and calls `sent` when it has left; never when the client is gone. */
  readonly send: (start: string, rest: string, sent: () => void) => void;
  /** Who connected; set before the first operation. */
  viewer?: Viewer;
};

type OperationHooks = Required<
  Pick<
    ServerOptions<Record<string, unknown>, Connection>,
    'onSubscribe' | 'execute' | 'subscribe' | 'onOperation' | 'onError'
  >
>;

/** Operations that one socket may have open. */
const MAX_OPERATIONS = 100;

/**
 * How operations that come over a socket are done: parsed, validated and executed as those over HTTP are, with the same
 * plugins. What is wrong with an operation ends that operation; an exception here would end the socket with all others.
 */
export function operationHooks(graphql: GraphqlServer, log: Logger): OperationHooks {
  return {
    onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
      try {
        if (Object.keys(subscriptions).length > MAX_OPERATIONS) return [tooMany()];
        return await prepare(graphql, extra, payload);
      } catch (error) {
        return [maskError(error, log)];
      }
    },
    execute: async (args) => {
      try {
        const { execute, traceparent } = takeEnvelop(args);
        const parent = continueTrace(traceparent);
        return await inSpan('WS /graphql', { kind: 'server', parent, facts }, async () => execute(args));
      } catch (error) {
        return { errors: [maskError(error, log)] };
      }
    },
    subscribe: async (args) => {
      try {
        return await takeEnvelop(args).subscribe(args);
      } catch (error) {
        return { errors: [maskError(error, log)] };
      }
    },
    onOperation: async ({ extra }, id, _payload, _args, given) => {
      const result = await given;
      if (result instanceof Source) return new Relay(result, extra, id);
      if (isAsyncIterable(result)) throw new Error('Results that are no source.');
      return new Relay(streamOf(result), extra, id);
    },
    onError: (_context, _id, _payload, errors) => errors.map(formatError),
  };
}

const facts = { 'http.route': '/graphql' };

type Envelop = ReturnType<GraphqlServer['getEnveloped']>;
type Prepared = Pick<Envelop, 'execute' | 'subscribe'> & Pick<Connection, 'traceparent'>;
const envelops = new WeakMap<ExecutionArgs, Prepared>();

/** Once: the arguments stay for as long as a subscription does, and thousands of them need no envelop each. */
function takeEnvelop(args: ExecutionArgs): Prepared {
  const envelop = envelops.get(args);
  envelops.delete(args);
  if (!envelop) throw new Error('An operation that was not prepared.');
  return envelop;
}

async function prepare(
  graphql: GraphqlServer,
  { origin, viewer, traceparent }: Connection,
  params: SubscribePayload,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  if (!viewer) throw new Error('An operation before the connection was accepted.');
  const envelop = graphql.getEnveloped({ caller: { viewer, origin }, params });
  const document = parse(envelop, params.query);
  const errors = envelop.validate(envelop.schema, document);
  if (errors.length > 0) return errors;
  if (!getOperationAST(document, params.operationName)) return [unknownOperation()];
  const args = {
    schema: envelop.schema,
    document,
    operationName: params.operationName,
    variableValues: params.variables,
    contextValue: await envelop.contextFactory(),
  };
  const { execute, subscribe } = envelop;
  envelops.set(args, { execute, subscribe, traceparent });
  return args;
}

/** Over HTTP it is the HTTP server that gives a syntax error its code. */
function parse(envelop: Envelop, text: string): ReturnType<Envelop['parse']> {
  try {
    return envelop.parse(text);
  } catch (error) {
    if (error instanceof GraphQLError) error.extensions['code'] ??= 'GRAPHQL_PARSE_FAILED';
    throw error;
  }
}

/** The same for everybody who is sent the same result. */
const rests = new WeakMap<ExecutionResult, string>();

function restOf(result: ExecutionResult): string {
  const made = rests.get(result) ?? bytesOf(`${textOf(result)}}`);
  rests.set(result, made);
  return made;
}

/**
 * Sends the results itself, as text that is made once however many sockets it goes to; the library would make it for
 * each. It only sees the end. One result is on its way at a time: a client that does not read holds up nobody else.
 */
class Relay implements AsyncIterableIterator<never> {
  readonly #results: Source<ExecutionResult>;
  readonly #connection: Connection;
  readonly #start: string;
  #end: (() => void) | null = null;

  constructor(results: Source<ExecutionResult>, connection: Connection, operationId: string) {
    this.#results = results;
    this.#connection = connection;
    this.#start = bytesOf(`{"id":${JSON.stringify(operationId)},"type":"next","payload":`);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<never, undefined>> {
    return new Promise((resolve) => {
      this.#end = () => resolve({ done: true, value: undefined });
      this.#sendNext();
    });
  }

  readonly #sendNext = () => {
    const next = this.#results.take(this.#sendNext);
    if (next === null) return;
    if (next.done) this.#end?.();
    else this.#connection.send(this.#start, restOf(next.value), this.#sendNext);
  };

  async return(): Promise<IteratorResult<never, undefined>> {
    this.#results.leave();
    this.#end?.();
    return { done: true, value: undefined };
  }
}

function unknownOperation(): GraphQLError {
  return new GraphQLError('The document has no operation of this name, or several and none is named.', {
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  });
}

function tooMany(): GraphQLError {
  return new GraphQLError(`A socket may have ${MAX_OPERATIONS} operations open.`, {
    extensions: { code: 'RATE_LIMITED' },
  });
}
