import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestDuration } from '../telemetry/metrics.ts';
import { continueTrace, inSpan } from '../telemetry/spans.ts';
import { isTraced, routeName } from './route-name.ts';

/** Whether an answer is a stream of events, which lasts as long as its reader likes. */
export function isEventStream(res: ServerResponse): boolean {
  return `${res.getHeader('content-type')}`.startsWith('text/event-stream');
}

/** Measures how long a request takes until its answer has left, and traces what is done for it. */
export async function observe(
  req: IncomingMessage,
  res: ServerResponse,
  act: () => Promise<void>,
): Promise<void> {
  const route = routeName(req.url ?? '');
  const since = performance.now();
  const closed = new Promise<void>((resolve) => res.once('close', resolve));
  res.once('close', () => {
    if (isEventStream(res)) return;
    const status = res.writableFinished ? `${res.statusCode}` : 'aborted';
    requestDuration.observe({ route, status }, (performance.now() - since) / 1000);
  });
  if (!isTraced(route)) return act();
  await inSpan(
    `${req.method} ${route}`,
    {
      kind: 'server',
      parent: continueTrace(req.headers['traceparent']),
      facts: { 'http.request.method': req.method ?? '', 'http.route': route },
    },
    async (note) => {
      await act();
      // The handler of an event stream is done long before its end.
      if (!isEventStream(res)) await closed;
      if (res.headersSent) note({ 'http.response.status_code': res.statusCode });
    },
  );
}
