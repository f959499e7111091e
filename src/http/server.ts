import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { HttpError, respondError } from './respond.ts';

export type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;
/** Takes a request, or says that it is not its own. */
export type Route = (req: IncomingMessage, res: ServerResponse) => Promise<boolean> | boolean;

export type HttpServer = {
  readonly server: Server;
  /** Resolves with the port once connections are accepted. */
  readonly listen: (host: string, port: number) => Promise<number>;
  /** Accepts nothing new, ends event streams, gives running requests `graceMs` and then cuts them. */
  readonly drain: (graceMs: number) => Promise<void>;
};

/** One HTTP server over several routes; the first that takes a request answers it. */
export function createHttpServer(routes: readonly Route[], log: Logger): HttpServer {
  const streams = new Set<ServerResponse>();
  const server = createServer(async (req, res) => {
    streams.add(res);
    res.once('close', () => streams.delete(res));
    try {
      for (const route of routes) if (await route(req, res)) return;
      throw new HttpError(404, 'NOT_FOUND', 'There is nothing here.');
    } catch (error) {
      respondError(req, res, error, { log });
    }
  });
  return {
    server,
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    drain: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const res of streams) {
        if (`${res.getHeader('content-type')}`.startsWith('text/event-stream')) res.destroy();
      }
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
