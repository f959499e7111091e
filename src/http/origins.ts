import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../config/kinds.ts';
import { HttpError } from './respond.ts';

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
 * Refuses requests that do not name this machine. Without authentication a page whose name was pointed at 127.0.0.1
 * (DNS rebinding) would be "the same origin" as ours.
 */
export function refuseForeignNames(req: IncomingMessage): boolean {
  const hostname = URL.parse(`http://${req.headers.host}`)?.hostname.replace(/^\[(.*)\]$/, '$1');
  if (hostname !== undefined && isLoopback(hostname)) return false;
  throw new HttpError(403, 'FORBIDDEN', 'Without authentication this answers to localhost alone.');
}
