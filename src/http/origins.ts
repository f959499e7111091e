import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback } from '../config/kinds.ts';
import { HttpError } from './respond.ts';
import type { Route } from './server.ts';

/**
 * Whether a browser page may talk to us: one of our own pages, or of an allowed origin.
 * A request without `Origin` does not come from another page.
 */
export function allowsOrigin(req: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = req.headers;
  if (origin === undefined) return true;
  return allowed.includes(origin) || URL.parse(origin)?.host === host;
}

/**
 * Says to browsers which other pages may read what we answer, and refuses what others would change: a form or a
 * script of theirs may send some requests without asking first.
 */
export function checkOrigin(allowed: readonly string[]): Route {
  return (req, res) => {
    const { origin } = req.headers;
    if (origin !== undefined && allowed.includes(origin)) allow(res, origin);
    else if (!allowsOrigin(req, allowed) && !isSafe(req)) {
      throw new HttpError(403, 'FORBIDDEN', 'Pages of this origin may not call.');
    }
    if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) return false;
    res.writeHead(204).end();
    return true;
  };
}

const isSafe = ({ method = '' }: IncomingMessage) => ['GET', 'HEAD', 'OPTIONS'].includes(method);

function allow(res: ServerResponse, origin: string): void {
  res.setHeader('access-control-allow-origin', origin);
  res.setHeader('access-control-allow-methods', 'GET, HEAD, POST, DELETE');
  res.setHeader(
    'access-control-allow-headers',
    'authorization, content-type, range, if-range, x-graphql-yoga-csrf',
  );
  res.setHeader(
    'access-control-expose-headers',
    'content-disposition, content-length, content-range, etag, location, repr-digest, retry-after, x-progress',
  );
  res.setHeader('access-control-max-age', '600');
  res.appendHeader('vary', 'origin');
}

/**
 * Refuses requests that do not name this machine. Without authentication a page whose name was pointed at 127.0.0.1
 * (DNS rebinding) would be "the same origin" as ours.
 */
export function refuseForeignNames(req: IncomingMessage): boolean {
  const hostname = URL.parse(`http://${req.headers.host}`)?.hostname.replace(/^\[(.*)\]$/, '$1');
  if (hostname !== undefined && isLoopback(hostname)) return false;
  throw new HttpError(403, 'FORBIDDEN', 'Without authentication this answers to localhost alone.');
}
