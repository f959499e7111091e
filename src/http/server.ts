import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { isEventStream, observe } from './observe.ts';
import { HttpError, respondError } from './respond.ts';

export type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;
/** Takes a request, or says that it is not its own. */
export type Route = (req: IncomingMessage, res: ServerResponse) => Promise<boolean> | boolean;

export type HttpServer = {
  readonly server: Server;
  /** Resolves with the server's URL once connections are accepted. Port 0 = a free one. */
  readonly listen: (host: string, port: number) => Promise<string>;
  /** Accepts nothing new, ends event streams, gives running requests `graceMs` and then cuts them. */
  readonly drain: (graceMs: number) => Promise<void>;
  /** How many event streams are open. */
  readonly countEventStreams: () => number;
};

/** One HTTP server over several routes; the first that takes a request answers it. */
export function createHttpServer(routes: readonly Route[], log: Logger): HttpServer {
  const open = new Set<ServerResponse>();
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    try {
      for (const route of routes) if (await route(req, res)) return;
      throw new HttpError(404, 'NOT_FOUND', 'There is nothing here.');
    } catch (error) {
      respondError(req, res, error, { log });
    }
  };
  const server = createServer(async (req, res) => {
    open.add(res);
    res.once('close', () => open.delete(res));
    // Nearly every answer holds somebody's data; the few that do not say so themselves.
    res.setHeader('cache-control', 'private, no-store');
    res.setHeader('x-content-type-options', 'nosniff');
    await observe(req, res, () => answer(req, res));
  });
  return {
    server,
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          const { port: given } = server.address() as AddressInfo;
          resolve(`http://${host.includes(':') ? `[${host}]` : host}:${given}`);
        });
      }),
    drain: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const res of open) if (isEventStream(res)) res.destroy();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
    countEventStreams: () => [...open].filter(isEventStream).length,
  };
}
