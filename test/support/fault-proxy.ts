import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  request as send,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';

/** What goes wrong with one request. */
export type Fault =
  /** The server is not asked: this is the answer. */
  | { readonly kind: 'answer'; readonly status: number; readonly body?: string }
  /** The server does what it was asked, and this is the answer instead of its own. */
  | { readonly kind: 'answer-after'; readonly status: number; readonly body?: string }
  /** The connection breaks after some bytes of the request; the server never hears of it. */
  | { readonly kind: 'cut-request'; readonly afterBytes: number }
  /** The server does what it was asked; the connection breaks after some bytes of the answer's body. */
  | { readonly kind: 'cut-answer'; readonly afterBytes: number }
  /** Nobody answers, and nobody hangs up. */
  | { readonly kind: 'silence' }
  /** The request and the answer take this long more. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** One byte of the request's body arrives as another: the one at this place, counted on from the start after the end. */
  | { readonly kind: 'change-request'; readonly place: number }
  /** One byte of the answer's body arrives as another. */
  | { readonly kind: 'change-answer'; readonly place: number }
  /** The answer has these headers; an empty one is left out. */
  | { readonly kind: 'change-headers'; readonly headers: Readonly<Record<string, string>> }
  /** The end of the request's body is lost, and nobody notices: the length given is that of what is left. */
  | { readonly kind: 'shorten-request'; readonly byBytes: number };

/** A request, as the decision is made before its body has come. */
export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
};

export type FaultProxy = {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Decides on each request from now on; null lets it pass. */
  decide: (request: Seen) => Fault | null;
  /** Every request so far. */
  readonly seen: Seen[];
  /** Connections that are open now, the idle ones included. */
  readonly connections: () => Promise<number>;
  readonly close: () => Promise<void>;
};

/** Stands before an HTTP server and does it wrong. Lets everything pass until told otherwise. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', target);
    const { method = '', headers } = request;
    const seen: Seen = { method, path: pathname, query: searchParams, headers };
    proxy.seen.push(seen);
    request.on('error', () => {});
    pass(target, request, response, proxy.decide(seen)).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    decide: () => null,
    seen: [],
    connections: () => promisify(server.getConnections.bind(server))(),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return proxy;
}

async function pass(target: string, request: IncomingMessage, response: ServerResponse, fault: Fault | null) {
  if (fault?.kind === 'silence') return;
  if (fault?.kind === 'cut-request') {
    await receive(request, fault.afterBytes);
    response.destroy();
    return;
  }
  const body = changed(await buffer(request), fault);
  if (fault?.kind === 'answer') return answer(response, fault);
  if (fault?.kind === 'slow') await delay(fault.ms);
  const headers: Record<string, string | string[] | undefined> = { ...request.headers };
  if ('content-length' in headers) headers['content-length'] = `${body.byteLength}`;
  const asked = send(new URL(request.url ?? '/', target), { method: request.method, headers });
  asked.end(body);
  const [given]: IncomingMessage[] = await once(asked, 'response');
  if (!given) throw new Error('no answer');
  if (fault?.kind === 'answer-after') {
    given.resume();
    return answer(response, fault);
  }
  response.writeHead(given.statusCode ?? 502, headersOf(given, fault));
  const content = await buffer(given);
  if (fault?.kind === 'slow') await delay(fault.ms);
  if (fault?.kind === 'cut-answer') {
    response.write(content.subarray(0, fault.afterBytes), () => response.destroy());
  } else {
    response.end(fault?.kind === 'change-answer' ? withOneByteChanged(content, fault.place) : content);
  }
}

function changed(body: Buffer, fault: Fault | null): Buffer {
  if (fault?.kind === 'change-request') return withOneByteChanged(body, fault.place);
  if (fault?.kind === 'shorten-request') return body.subarray(0, -fault.byBytes);
  return body;
}

function headersOf(given: IncomingMessage, fault: Fault | null): OutgoingHttpHeaders {
  const instead = fault?.kind === 'change-headers' ? fault.headers : {};
  return Object.fromEntries(
    Object.entries({ ...given.headers, ...instead }).filter(([, value]) => value !== ''),
  );
}

function withOneByteChanged(body: Buffer, place: number): Buffer {
  const copy = Buffer.from(body);
  const at = place % copy.byteLength;
  if (copy.byteLength > 0) copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function answer(response: ServerResponse, { status, body = '' }: { status: number; body?: string }): void {
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

async function receive(request: IncomingMessage, bytes: number): Promise<void> {
  let received = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    received += chunk instanceof Uint8Array ? chunk.byteLength : 0;
    if (received >= bytes) return;
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** An S3 error, as its XML says it. */
export function s3Error(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>injected</Message></Error>`;
}
