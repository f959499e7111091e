import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type FuzzRequest, refusalsIn } from './request.ts';

/** Longer than any answer may take. */
const TIMEOUT_MS = 20_000;
/** A stream may have nothing to say. */
const QUIET_MS = 50;

/** Sends a request, and resolves with its answer: of an event stream, with its first event. */
export function sendOverHttp(url: string) {
  return ({ method, path, headers, body }: FuzzRequest, token: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = request(url + path, {
        method,
        headers: { ...headers, authorization: `Bearer ${token}` },
        timeout: TIMEOUT_MS,
      });
      outgoing.once('timeout', () => {
        outgoing.destroy();
        resolve({ status: 'timeout', text: '', refusals: '' });
      });
      outgoing.once('error', reject);
      outgoing.once('response', (response) => {
        read(response).then(
          (text) => resolve({ status: `${response.statusCode}`, text, refusals: refusalsIn(text) }),
          reject,
        );
      });
      outgoing.end(body ?? undefined);
    });
}

async function read(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  const isStream = response.headers['content-type']?.startsWith('text/event-stream');
  const all = async () => {
    for await (const chunk of response) {
      text += chunk;
      if (isStream && /event: next\ndata: .*\n\n/.test(text)) break;
    }
  };
  await (isStream ? Promise.race([all().catch(() => {}), delay(QUIET_MS)]) : all());
  if (isStream) response.destroy();
  return text;
}
