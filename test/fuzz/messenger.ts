/** Sends one request at a time, in a thread of its own, so that the server's turns are measured without it. */
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { sendOverHttp } from './send-http.ts';
import { converse } from './send-websocket.ts';
import { TOKEN } from './websocket-session.ts';

const letter = z.union([
  z.object({
    request: z.object({
      method: z.string(),
      path: z.string(),
      headers: z.record(z.string(), z.string()),
      body: z.string().nullable(),
    }),
  }),
  z.object({ operation: z.unknown() }),
]);

const { url, token } = z.object({ url: z.string(), token: z.string() }).parse(workerData);
const [http, socket] = [sendOverHttp(url), converse(url)];
const greeting = JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${TOKEN}` } });

parentPort?.on('message', async (message: unknown) => {
  const asked = letter.parse(message);
  if ('request' in asked) return parentPort?.postMessage(await http(asked.request, token));
  const subscribe = JSON.stringify({ id: '1', type: 'subscribe', payload: asked.operation });
  return parentPort?.postMessage(await socket({ messages: [greeting, subscribe] }, token));
});
