import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type Answer, refusalsIn } from './request.ts';
import { type Session, TOKEN } from './websocket-session.ts';

/** Longer than an answer may take. */
const TIMEOUT_MS = 20_000;
/** After the pong that every conversation ends with, operations may have nothing more to say. */
const QUIET_MS = 50;
const LAST = { last: 'word' };

/** Says all of it, and resolves when everything is answered, or the socket closed. */
export function converse(url: string) {
  return async ({ messages }: Session, token: string): Promise<Answer> => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    socket.on('error', () => {});
    await once(socket, 'open');
    const heard: string[] = [];
    const waiting = new Set<string>();
    const status = await new Promise<string>((resolve) => {
      const tooLong = setTimeout(() => resolve('timeout'), TIMEOUT_MS);
      let quiet: NodeJS.Timeout | undefined;
      let isOver = false;
      const end = (how: string) => {
        clearTimeout(tooLong);
        clearTimeout(quiet);
        resolve(how);
      };
      socket.once('close', (code, reason) => {
        heard.push(JSON.stringify({ reason: reason.toString() }));
        end(`${code}`);
      });
      socket.on('message', (data) => {
        const line = data.toString();
        heard.push(line);
        const { type, id, payload } = JSON.parse(line);
        if (id !== undefined) waiting.delete(id);
        if (type === 'pong' && payload?.last === LAST.last) {
          isOver = true;
          quiet = setTimeout(() => end('open'), QUIET_MS);
        }
        if (isOver && waiting.size === 0) end('open');
      });
      const [first, ...others] = messages;
      // Most clients wait for the server's consent; those that are refused it say no more.
      const say = (said: readonly (string | Uint8Array)[]) => {
        for (const message of said) {
          if (typeof message === 'string') note(message, waiting);
          socket.send(typeof message === 'string' ? message.replace(TOKEN, token) : message);
        }
      };
      say([first ?? '']);
      socket.once('message', () => {
        say(others);
        socket.send(JSON.stringify({ type: 'ping', payload: LAST }));
      });
    });
    socket.terminate();
    // What operations are called is the client's own word, and each of their messages has it.
    const text = heard.map((line) => line.replace(/^\{"id":"(?:[^"\\]|\\.)*",/, '{')).join('\n');
    return { status, text, refusals: refusalsIn(text) };
  };
}

/** Which operations an answer has to come for. */
function note(message: string, waiting: Set<string>): void {
  try {
    const { type, id } = JSON.parse(message);
    if (type === 'subscribe') waiting.add(id);
    if (type === 'complete') waiting.delete(id);
  } catch {
    // The server will say what it is not.
  }
}
