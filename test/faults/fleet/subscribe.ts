import { setTimeout as delay } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';

const document = `subscription ($id: ID!) {
  customerExportProgress(asyncTaskId: $id) { status progress attempts objectCount file { url fileChecksum objectCount } }
}`;
const event = z.object({
  data: z.object({
    customerExportProgress: z.object({
      status: z.string(),
      progress: z.number(),
      attempts: z.number(),
      objectCount: z.number(),
      file: z.object({ url: z.string(), fileChecksum: z.string(), objectCount: z.number() }).nullable(),
    }),
  }),
});

export type State = z.infer<typeof event>['data']['customerExportProgress'];
export type Seen = { readonly states: readonly State[]; readonly connections: number };

/** Both clients would wait twice as long after each time that they find the gateway away. */
const AGAIN_MS = 250;
const patience = { retryAttempts: 1_000 };

export type Transport = 'websocket' | 'sse';

/** All states that a subscriber sees, with the field's own clients, which connect again by themselves. */
export async function subscribe(url: string, id: string, transport: Transport): Promise<Seen> {
  let connections = 0;
  const client =
    transport === 'websocket'
      ? createWebSocketClient({
          url: `${url.replace('http', 'ws')}/graphql`,
          webSocketImpl: WebSocket,
          ...patience,
          retryWait: () => delay(AGAIN_MS),
          shouldRetry: () => true,
          on: { connected: () => connections++ },
        })
      : createSseClient({
          url: `${url}/graphql`,
          ...patience,
          retry: () => delay(AGAIN_MS),
          fetchFn: async (...args: Parameters<typeof fetch>) => {
            const response = await fetch(...args);
            if (response.ok) connections++;
            return response;
          },
        });
  const states: State[] = [];
  try {
    for await (const result of client.iterate({ query: document, variables: { id } })) {
      states.push(event.parse(result).data.customerExportProgress);
    }
  } finally {
    await client.dispose();
  }
  return { states, connections };
}
