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
import { Source } from '../exports/source.ts';
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
  ): Promise<ExecutionResult | Source<ExecutionResult>> => {
    const validated = validateSubscriptionArgs({ ...args, hideSuggestions: !context.suggestions });
    if (!('operation' in validated)) return { errors: validated.map(mask) };
    const source = await createSourceEventStream(validated);
    if (!isAsyncIterable(source)) return { errors: source.errors?.map(mask) ?? [] };
    if (!(source instanceof Source)) throw new Error('A subscription whose events are no source.');
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

/** What an event shows to all who ask the same of it. */
class SharedExecution {
  result: SharedResult | null = null;
  #waiting: (() => void)[] = [];

  constructor(executed: ExecutionResult | Promise<ExecutionResult>, mask: Mask) {
    const share = (result: ExecutionResult) => shareable(result, mask);
    const finish = (result: SharedResult) => {
      this.result = result;
      for (const wake of this.#waiting.splice(0)) wake();
    };
    if (executed instanceof Promise) {
      const shared = executed.then(share).catch((error) => share({ errors: [error] }));
      void shared.then(finish);
    } else finish(share(executed));
  }

  /** Calls `wake` once there is a result. */
  await(wake: () => void): void {
    this.#waiting.push(wake);
  }
}

type Execute = (event: object, question: Question) => SharedExecution;

/** Keeps results with their event, which is one object for all subscribers, by operation and variables. */
function openSharedExecution(mask: Mask): Execute {
  const byEvent = new WeakMap<object, WeakMap<OperationDefinitionNode, Map<string, SharedExecution>>>();
  return (event, { args, context, operation, variables }) => {
    const byOperation =
      byEvent.get(event) ?? new WeakMap<OperationDefinitionNode, Map<string, SharedExecution>>();
    byEvent.set(event, byOperation);
    const executions = byOperation.get(operation) ?? new Map<string, SharedExecution>();
    byOperation.set(operation, executions);
    const shared = executions.get(variables);
    if (shared) return shared;
    // Validated anew, once for all: kept by every subscriber it would take more memory than anything else of theirs.
    const validated = validateSubscriptionArgs({ ...args, contextValue: contextOfEvents(context) });
    if (!('operation' in validated)) throw new Error('An operation that is not valid any more.');
    const execution = new SharedExecution(executeSubscriptionEvent({ ...validated, rootValue: event }), mask);
    executions.set(variables, execution);
    return execution;
  };
}

function shareable({ errors, ...rest }: ExecutionResult, mask: Mask): SharedResult {
  const result: ExecutionResult = errors ? { errors: errors.map(mask), ...rest } : rest;
  const text = textOf(result);
  return { ...result, stringify: () => text };
}

/** The results of a stream's events; when the stream fails, the last result says so. */
class EventResults extends Source<ExecutionResult> {
  readonly #events: Source<unknown>;
  readonly #execute: Execute;
  readonly #question: Question;
  readonly #mask: Mask;
  /** Of the event that is taken and not handed on yet. */
  #execution: SharedExecution | null = null;

  constructor(events: Source<unknown>, execute: Execute, question: Question, mask: Mask) {
    super();
    this.#events = events;
    this.#execute = execute;
    this.#question = question;
    this.#mask = mask;
  }

  /** Never throws. */
  override take(wake: () => void): IteratorResult<ExecutionResult, undefined> | null {
    try {
      if (this.#execution === null) {
        const next = this.#events.take(wake);
        if (next === null || next.done) return next;
        if (typeof next.value !== 'object' || next.value === null)
          throw new Error('An event that is no object.');
        this.#execution = this.#execute(next.value, this.#question);
      }
      const { result } = this.#execution;
      if (result === null) {
        this.#execution.await(wake);
        return null;
      }
      this.#execution = null;
      return { done: false, value: result };
    } catch (error) {
      this.leave();
      return { done: false, value: { errors: [this.#mask(error)] } };
    }
  }

  override leave(): void {
    this.#execution = null;
    this.#events.leave();
  }
}
