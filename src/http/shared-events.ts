import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  type OperationDefinitionNode,
  type ValidatedSubscriptionArgs,
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
  return {
    onSubscribe: ({ args: { contextValue }, setSubscribeFn }) =>
      setSubscribeFn(async (args: ExecutionArgs) => {
        const hideSuggestions = !contextValue.suggestions;
        const validated = validateSubscriptionArgs({ ...args, hideSuggestions });
        if (!('operation' in validated)) return { errors: validated };
        const source = await createSourceEventStream(validated);
        if (!isAsyncIterable(source)) return source;
        const forEvents = { ...validated, contextValue: contextOfEvents(contextValue) };
        const variables = JSON.stringify(validated.rawVariableValues ?? {});
        return mapEvents(source, mask, (event) => execute(event, forEvents, variables));
      }),
  };
}

/** The same for every subscriber, and whoever looks for the difference is told so. */
function contextOfEvents({ deps, suggestions }: Context): Context {
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

type Execute = (
  event: object,
  args: ValidatedSubscriptionArgs,
  variables: string,
) => SharedResult | Promise<SharedResult>;

/**
 * Results are kept with their event, which is the same object for all subscribers, by operation and variables.
 * The operation is the same object whenever its text is: Yoga keeps what it has parsed.
 */
function openSharedExecution(mask: Mask): Execute {
  type Results = Map<string, SharedResult | Promise<SharedResult>>;
  const byEvent = new WeakMap<object, WeakMap<OperationDefinitionNode, Results>>();
  const finish = (result: ExecutionResult) => shareable(result, mask);
  return (event, args, variables) => {
    const byOperation = byEvent.get(event) ?? new WeakMap<OperationDefinitionNode, Results>();
    byEvent.set(event, byOperation);
    const results: Results = byOperation.get(args.operation) ?? new Map();
    byOperation.set(args.operation, results);
    const shared = results.get(variables);
    if (shared) return shared;
    const executed = executeSubscriptionEvent({ ...args, rootValue: event });
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

/** The results of a stream's events. When the stream fails, the last result says so. */
function mapEvents(
  source: AsyncIterable<unknown>,
  mask: Mask,
  execute: (event: object) => SharedResult | Promise<SharedResult>,
): AsyncIterableIterator<ExecutionResult> {
  const events = source[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () => {
      try {
        const { done, value } = await events.next();
        if (done) return { done, value: undefined };
        if (typeof value !== 'object' || value === null) throw new Error('An event that is no object.');
        return { done: false, value: await execute(value) };
      } catch (error) {
        await events.return?.();
        return { done: false, value: { errors: [mask(error)] } };
      }
    },
    return: async () => {
      await events.return?.();
      return { done: true, value: undefined };
    },
  };
}
