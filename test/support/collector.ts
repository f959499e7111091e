import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const value = z.union([
  z.object({ stringValue: z.string() }).transform((v) => v.stringValue),
  z.object({ intValue: z.coerce.number() }).transform((v) => v.intValue),
  z.object({ doubleValue: z.number() }).transform((v) => v.doubleValue),
]);
const attributes = z
  .array(z.object({ key: z.string(), value: z.unknown() }))
  .default([])
  .transform((list) => Object.fromEntries(list.map((one) => [one.key, value.safeParse(one.value).data])));
const span = z.object({
  name: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  kind: z.number(),
  attributes,
  status: z.object({ code: z.number().optional() }).optional(),
});
const body = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

export type Collected = z.infer<typeof span> & { readonly service: unknown };

export type Collector = AsyncDisposable & {
  /** What makes a process send its spans here. */
  readonly env: Readonly<Record<string, string>>;
  readonly spans: () => Collected[];
  /** Everything that was ever sent, headers included, as text. */
  readonly text: () => string;
};

/** Takes traces as a collector of OpenTelemetry does. */
export async function startCollector(): Promise<Collector> {
  const bodies: string[] = [];
  let headers = '';
  const server = createServer(async (req, res) => {
    headers += `${req.url}\n${req.rawHeaders.join('\n')}\n`;
    bodies.push(await text(req));
    res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
    spans: () =>
      bodies.flatMap((json) =>
        body.parse(JSON.parse(json)).resourceSpans.flatMap(({ resource, scopeSpans }) => {
          const service = resource.attributes['service.name'];
          return scopeSpans.flatMap(({ spans }) => spans.map((one) => ({ ...one, service })));
        }),
      ),
    text: () => headers + bodies.join('\n'),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
