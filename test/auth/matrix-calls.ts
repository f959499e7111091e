import { openSocket } from '../support/raw-websocket.ts';
import type { Action } from './matrix.ts';

export const transports = ['HTTP', 'GET', 'SSE', 'WebSocket', 'REST'] as const;
export type Transport = (typeof transports)[number];

/** Things in the world that a call names: ann's, or things that do not exist. */
export type Names = {
  readonly brand: string;
  readonly posCode: string;
  /** An export that waits. */
  readonly waiting: string;
  /** An export that has a file. */
  readonly finished: string;
  /** Its signed URL. */
  readonly signedUrl: string;
  /** New for each call. */
  readonly downloadRequestId: string;
};

/** An answer, as far as a caller can tell one from another. */
export type Reply = {
  readonly status: number | null;
  /** The body as text: for a subscription its first event. */
  readonly text: string;
  /** How the server closed the socket, if it did. */
  readonly closeCode: number | null;
};

type Operation = { readonly query: string; readonly variables: Record<string, unknown> };

const problem = 'userErrors { code message field }';

/** What each action is in GraphQL; null where it is none. */
export function operationOf(action: Action, names: Names): Operation | null {
  const filter = { brand: names.brand, posCodes: [names.posCode] };
  const { waiting, finished, downloadRequestId } = names;
  const of = (query: string, variables: Record<string, unknown> = {}): Operation => ({ query, variables });
  switch (action) {
    case 'explore customers':
      return of(
        'query ($filter: CustomerFilterInput!) { customers(filter: $filter) { totalCount nodes { email } } }',
        { filter },
      );
    case 'list brands':
      return of('{ brands { code name pointsOfSale { posCode } } }');
    case 'start':
      return of(
        `mutation ($input: StartCustomerExportInput!) {
        startCustomerExport(input: $input) { customerExport { brand requestedBy } ${problem} } }`,
        { input: { downloadRequestId, filter } },
      );
    case 'see an export':
      return of('query ($id: ID!) { customerExport(asyncTaskId: $id) { brand requestedBy file { url } } }', {
        id: finished,
      });
    case 'list exports':
      return of('{ customerExports(first: 100) { nodes { asyncTaskId brand requestedBy } } }');
    case 'follow an export':
      return of(
        'subscription ($id: ID!) { customerExportProgress(asyncTaskId: $id) { brand requestedBy } }',
        { id: waiting },
      );
    case 'follow all exports':
      return of('subscription { customerExportsProgress { brand requestedBy } }');
    case 'cancel':
      return of(
        `mutation ($id: ID!) { cancelCustomerExport(asyncTaskId: $id) { customerExport { brand requestedBy } ${problem} } }`,
        { id: waiting },
      );
    case 'delete':
      return of(
        `mutation ($id: ID!) { deleteCustomerExport(asyncTaskId: $id) { customerExport { brand requestedBy } ${problem} } }`,
        { id: finished },
      );
    default:
      return null;
  }
}

type Request = { readonly method: string; readonly path: string; readonly body?: unknown };

/** What each action is without GraphQL; null where it is none. */
export function requestOf(action: Action, names: Names): Request | null {
  const path = `/customer/${names.brand}/export`;
  switch (action) {
    case 'start':
      return {
        method: 'POST',
        path,
        body: { downloadRequestId: names.downloadRequestId, posCodes: [names.posCode] },
      };
    case 'see an export':
      return { method: 'GET', path: `${path}/${names.finished}` };
    case 'cancel':
      return { method: 'DELETE', path: `${path}/${names.waiting}` };
    case 'delete':
      return { method: 'DELETE', path: `${path}/${names.finished}` };
    case 'download':
      return { method: 'GET', path: `/exports/${names.finished}/file` };
    case 'download by signed URL':
      return { method: 'GET', path: names.signedUrl };
    default:
      return null;
  }
}

const isSubscription = (action: Action) => action.startsWith('follow');
const isQuery = (action: Action) => /^(explore|list|see)/.test(action);

/** Whether a transport carries an action at all. */
export function carries(transport: Transport, action: Action): boolean {
  if (transport === 'REST')
    return !['explore customers', 'list brands', 'list exports'].includes(action) && !isSubscription(action);
  if (action.startsWith('download')) return false;
  if (transport === 'GET') return isQuery(action);
  return transport !== 'HTTP' || !isSubscription(action);
}

/** Does it, and tells what came back. */
export async function call(
  url: string,
  transport: Transport,
  action: Action,
  names: Names,
  authorization: string | null,
): Promise<Reply> {
  const headers: Record<string, string> = authorization === null ? {} : { authorization };
  if (transport === 'REST') {
    const request = requestOf(action, names);
    if (!request) throw new Error(`REST has no ${action}.`);
    const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) };
    const response = await fetch(new URL(request.path, url), {
      method: request.method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...body,
    });
    return { status: response.status, text: await response.text(), closeCode: null };
  }
  const operation = operationOf(action, names);
  if (!operation) throw new Error(`GraphQL has no ${action}.`);
  return transport === 'WebSocket'
    ? callBySocket(url, operation, authorization)
    : callByHttp(url, operation, { ...headers, accept: accepts[transport] }, transport === 'GET');
}

const json = 'application/graphql-response+json';
const accepts = { HTTP: json, GET: json, SSE: 'text/event-stream' };

/** The whole answer, or the first event of a stream. */
async function callByHttp(
  url: string,
  operation: Operation,
  headers: Record<string, string>,
  inUrl: boolean,
): Promise<Reply> {
  const leave = new AbortController();
  const { query, variables } = operation;
  const { signal } = leave;
  const response = await (inUrl
    ? fetch(`${url}/graphql?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`, {
        headers,
        signal,
      })
    : fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(operation),
        signal,
      }));
  const { status } = response;
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    return { status, text: await response.text(), closeCode: null };
  }
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    const [, event] = /^event: next\ndata: (.*)$/m.exec(text) ?? [];
    if (event === undefined) continue;
    text = event;
    break;
  }
  leave.abort();
  return { status, text, closeCode: null };
}

/** The first message, without its id. */
async function callBySocket(url: string, operation: Operation, authorization: string | null): Promise<Reply> {
  const raw = await openSocket(url);
  try {
    raw.send({ type: 'connection_init', payload: authorization === null ? {} : { authorization } });
    const closed = raw.closed.then(({ code }) => code);
    const welcome = await Promise.race([raw.next(), closed]);
    if (typeof welcome === 'number') return { status: null, text: '', closeCode: welcome };
    raw.send({ id: '1', type: 'subscribe', payload: operation });
    const message = await raw.next();
    const payload = message.type === 'error' ? { errors: message.payload } : message.payload;
    return { status: null, text: JSON.stringify(payload), closeCode: null };
  } finally {
    raw.socket.terminate();
  }
}
