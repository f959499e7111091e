import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/**
 * All that a span may say: ids, codes and figures of ours. The list is closed, so that no filter, name, token or URL
 * finds its way into a trace.
 */
export type Facts = {
  readonly 'http.request.method'?: string;
  /** The pattern, never the path itself. */
  readonly 'http.route'?: string;
  readonly 'http.response.status_code'?: number;
  readonly 'export.task_id'?: string;
  readonly 'export.attempt'?: number;
  readonly 'export.brand'?: string;
  readonly 'export.status'?: string;
  readonly 'export.lines'?: number;
  readonly 'export.bytes'?: number;
};

export type SpanOptions = {
  readonly kind?: 'server' | 'producer' | 'consumer';
  readonly facts?: Facts;
  /** The work that it is a part of; what goes on around it unless given. */
  readonly parent?: Context;
};

/** Adds what is known only later. */
export type Note = (facts: Facts) => void;

const kinds = { server: SpanKind.SERVER, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const;
// Does nothing until `tracing.ts` is started, and then what that says.
const tracer = trace.getTracer('customer-export-gateway');

/** Does something within a span: what is done below it is a part of it. A fault is told by its kind alone. */
export function inSpan<T>(name: string, options: SpanOptions, act: (note: Note) => Promise<T>): Promise<T> {
  const span = start(name, options);
  const within = trace.setSpan(options.parent ?? context.active(), span);
  return context.with(within, async () => {
    try {
      return await act((facts) => span.setAttributes(facts));
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** A span for as long as `source` is read, as a part of what goes on now. */
export function spanOf<T>(name: string, source: AsyncIterable<T>): AsyncIterable<T> {
  const parent = context.active();
  async function* pass() {
    const span = start(name, { parent });
    try {
      yield* source;
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }
  return pass();
}

/** The running span in W3C's words, to be continued elsewhere; null when nothing is traced. */
export function currentTraceparent(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

/** The work that such words, a request's or a task's, are about. Other words of that kind may hold anything: they are not taken. */
export function continueTrace(traceparent: string | readonly string[] | null | undefined): Context {
  return typeof traceparent === 'string' ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;
}

function start(name: string, { kind, facts, parent = context.active() }: SpanOptions): Span {
  const options = { ...(kind && { kind: kinds[kind] }), ...(facts && { attributes: facts }) };
  return tracer.startSpan(name, options, parent);
}

function fail(span: Span, error: unknown): void {
  span.setAttribute('error.type', kindOf(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** A code or a class. Messages hold SQL and values. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' && /^\w{1,40}$/.test(error.code)
    ? error.code
    : error.name;
}
