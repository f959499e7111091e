import { type ExecutionResult, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers and fail where they are otherwise
type Data = Record<string, any>;

export type Answer = { readonly status: number; readonly body: ExecutionResult<Data> };

/** One operation over HTTP. */
export async function query(
  url: string,
  document: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: document, variables }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Every event of a subscription over WebSocket, until it completes. */
export async function watch(
  url: string,
  document: string,
  variables: Record<string, unknown>,
  connectionParams: Record<string, unknown> = {},
): Promise<ExecutionResult<Data>[]> {
  parse(document);
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
  });
  const events: ExecutionResult<Data>[] = [];
  try {
    for await (const event of client.iterate<Data>({ query: document, variables })) {
      events.push(event as ExecutionResult<Data>);
    }
  } finally {
    await client.dispose();
  }
  return events;
}
