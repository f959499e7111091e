import { answerMethod, HttpError, respond } from './respond.ts';
import type { Route } from './server.ts';

/**
 * `/health/live`: the process answers. `/health/ready`: it can do its work, so a load balancer may send requests.
 * `isReady` resolves when the database answers, and rejects otherwise.
 */
export function answerHealth(isReady: () => Promise<unknown>): Route {
  return async (req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://localhost');
    if (pathname !== '/health/live' && pathname !== '/health/ready') return false;
    if (answerMethod(req, res, ['GET', 'HEAD'])) return true;
    if (pathname === '/health/ready') {
      await isReady().catch(() => {
        throw new HttpError(503, 'NOT_READY', 'The database does not answer.', { 'retry-after': '5' });
      });
    }
    respond(req, res, { status: 200, body: { status: 'ok' }, format: 'json' });
    return true;
  };
}
