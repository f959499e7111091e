import type { Environment, Kind } from './environment.ts';
import * as kinds from './kinds.ts';

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export type TracingConfig = {
  /** Where spans go. */
  readonly url: URL;
  readonly sampler: (typeof samplers)[number];
  /** For the samplers that take a part of all traces. */
  readonly ratio: number;
};

/**
 * The standard variables of OpenTelemetry, as far as they decide whether and what is traced. What concerns the sending
 * alone (OTEL_EXPORTER_OTLP_HEADERS, …_TIMEOUT, …_CERTIFICATE) and OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES
 * are read by its library.
 */
export function readTracing(env: Environment): TracingConfig | null {
  const base = env.read('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint, null);
  const own = env.read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', endpoint, null);
  env.read('OTEL_EXPORTER_OTLP_PROTOCOL', protocol, null);
  env.read('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', protocol, null);
  const sampler = env.read('OTEL_TRACES_SAMPLER', kinds.oneOf(samplers), 'parentbased_always_on');
  const ratio = env.read('OTEL_TRACES_SAMPLER_ARG', share, 1);
  const exporter = env.read('OTEL_TRACES_EXPORTER', kinds.oneOf(['otlp', 'none']), 'otlp');
  const disabled = env.read('OTEL_SDK_DISABLED', kinds.onOrOff, false);
  const url = own ?? (base && new URL(`${base.href.replace(/\/+$/, '')}/v1/traces`));
  return url === null || disabled || exporter === 'none' ? null : { url, sampler, ratio };
}

const endpoint: Kind<URL> = {
  mustBe: 'an http:// or https:// URL without user and query, of a collector that takes OTLP over HTTP',
  parse: (text) => {
    const url = kinds.webUrl(text);
    return url && !url.search && !url.hash ? url : undefined;
  },
};

/** A receiver takes both; gRPC is another port. */
const protocol = {
  mustBe: 'http/json or http/protobuf: traces are sent over HTTP, as JSON',
  parse: kinds.oneOf(['http/json', 'http/protobuf']).parse,
};

const share: Kind<number> = {
  mustBe: 'a number from 0 to 1',
  parse: (text) => {
    const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= 0 && value <= 1 ? value : undefined;
  },
};
