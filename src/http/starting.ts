import { answerHealth } from './health.ts';
import { HttpError } from './respond.ts';
import type { Route } from './server.ts';

const SOON = { 'retry-after': '2' };

/** What a server answers before it has its database: alive, not ready, and 503 to everything else. */
export const startingRoutes: readonly Route[] = [
  answerHealth(() => Promise.reject(new Error('starting'))),
  (req, res) => {
    if (!/^\/graphql(\?|$)/.test(req.url ?? '')) throw new HttpError(503, 'NOT_READY', message, SOON);
    res.writeHead(503, { 'content-type': 'application/json', ...SOON });
    res.end(JSON.stringify({ errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE' } }] }));
    return true;
  },
];

const message = 'The server is waiting for its database. Try again soon.';
