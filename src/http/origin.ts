import type { IncomingMessage } from 'node:http';
import type { Origin } from '../exports/audit.ts';

/** From where a request came, for the audit trail: the peer's address, and what it calls itself, cut to size. */
export function originOf(req: IncomingMessage): Origin {
  return {
    ip: req.socket.remoteAddress ?? null,
    userAgent: req.headers['user-agent']?.slice(0, 500) ?? null,
  };
}
