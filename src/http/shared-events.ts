import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  type OperationDefinitionNode,
  validateSubscriptionArgs,
} from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../graphql/context.ts';
import { textOf } from './result-text.ts';

/** A result whose JSON is made once, whoever else is sent it. Yoga, too, asks a result for `stringify`. */
export type SharedResult = ExecutionResult & { readonly stringify: () => string };

/** Makes errors fit to be seen. */
type Mask = (error: unknown) => GraphQLError;

/**
 * Executes each event of a subscription once for all subscribers who ask the same of it, instead of once for each of
 * them: with thousands, that is what takes a whole core. Who may see the event is decided before, by its stream;
 * what it shows then cannot depend on who asks, because the resolvers are not told.
 */
export function useSharedEvents(mask: Mask): Plugin<Context> {
  const execute = openSharedExecution(mask);
  const subscribe = async (
    args: ExecutionArgs,
    context: Context,
  ): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>> => {
    const validated = validateSubscriptionArgs({ ...args, hideSuggestions: !context.suggestions });
    if (!('operation' in validated)) return { errors: validated.map(mask) };
    const source = await createSourceEventStream(validated);
    if (!isAsyncIterable(source)) return { errors: source.errors?.map(mask) ?? [] };
    return new EventResults(source, execute, questionOf(args, context, validated.operation), mask);
  };
  return {
    // The result is final: what envelop would wrap it in, for masking, costs as much as all the rest of an event.
    onSubscribe: async ({ args, setResultAndStopExecution }) => {
      const result = await subscribe(args, args.contextValue).catch((error) => ({ errors: [mask(error)] }));
      setResultAndStopExecution(result);
    },
  };
}

/** What a subscriber asks of each event. It keeps nothing of the request: thousands of these live long. */
type Question = {
  readonly args: Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'>;
  readonly context: Pick<Context, 'deps' | 'suggestions'>;
  /** The same object whenever the document's text is the same: Yoga keeps what it has parsed. */
  readonly operation: OperationDefinitionNode;
  /** Their JSON. */
  readonly variables: string;
};

function questionOf(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  { deps, suggestions }: Context,
  operation: OperationDefinitionNode,
): Question {
  return {
    args: { schema, document, operationName, variableValues },
    context: { deps, suggestions },
    operation,
    variables: JSON.stringify(variableValues ?? {}),
  };
}

/** The same for every subscriber, and whoever looks for the difference is told so. */
function contextOfEvents({ deps, suggestions }: Question['context']): Context {
  const refuse = () => new Error('What an event shows must not depend on who asks.');
  return {
    deps,
    suggestions,
    get viewer(): never {
      throw refuse();
    },
    get origin(): never {
      throw refuse();
    },
  };
}

type Execute = (event: object, question: Question) => SharedResult | Promise<SharedResult>;

/** Keeps results with their event, which is one object for all subscribers, by operation and variables. */
function openSharedExecution(mask: Mask): Execute {
  type Results = Map<string, SharedResult | Promise<SharedResult>>;
  const byEvent = new WeakMap<object, WeakMap<OperationDefinitionNode, Results>>();
  const finish = (result: ExecutionResult) => shareable(result, mask);
  return (event, { args, context, operation, variables }) => {
    const byOperation = byEvent.get(event) ?? new WeakMap<OperationDefinitionNode, Results>();
    byEvent.set(event, byOperation);
    const results: Results = byOperation.get(operation) ?? new Map();
    byOperation.set(operation, results);
    const shared = results.get(variables);
    if (shared) return shared;
    // Validated anew, once for all: kept by every subscriber it would take more memory than anything else of theirs.
    const validated = validateSubscriptionArgs({ ...args, contextValue: contextOfEvents(context) });
    if (!('operation' in validated)) throw new Error('An operation that is not valid any more.');
    const executed = executeSubscriptionEvent({ ...validated, rootValue: event });
    const result = executed instanceof Promise ? executed.then(finish) : finish(executed);
    results.set(variables, result);
    return result;
  };
}

function shareable({ errors, ...rest }: ExecutionResult, mask: Mask): SharedResult {
  const result: ExecutionResult = errors ? { errors: errors.map(mask), ...rest } : rest;
  let text: string | undefined;
  const stringify = () => {
    text ??= textOf(result);
    return text;
  };
  return { ...result, stringify };
}

/**
 * The results of a stream's events; when the stream fails, the last result says so. A class, because there are as many
 * of them as subscribers.
 */
class EventResults implements AsyncIterableIterator<ExecutionResult> {
  readonly #events: AsyncIterator<unknown>;
  readonly #execute: Execute;
  readonly #question: Question;
  readonly #mask: Mask;

  constructor(source: AsyncIterable<unknown>, execute: Execute, question: Question, mask: Mask) {
    this.#events = source[Symbol.asyncIterator]();
    this.#execute = execute;
    this.#question = question;
    this.#mask = mask;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    try {
      const { done, value } = await this.#events.next();
      if (done) return { done, value: undefined };
      if (typeof value !== 'object' || value === null) throw new Error('An event that is no object.');
      return { done: false, value: await this.#execute(value, this.#question) };
    } catch (error) {
      await this.#events.return?.();
      return { done: false, value: { errors: [this.#mask(error)] } };
    }
  }

  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    await this.#events.return?.();
    return { done: true, value: undefined };
  }
}
