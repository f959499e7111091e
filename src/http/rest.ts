import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticator } from '../auth/token.ts';
import type { Viewer } from '../auth/viewer.ts';
import { AccessError, Refusal } from '../errors.ts';
import { requireTask } from '../exports/access.ts';
import { cancelCustomerExport, deleteCustomerExport } from '../exports/cancel.ts';
import type { ExportDeps } from '../exports/deps.ts';
import { type ExportTask, isTerminal } from '../exports/task.ts';
import { originOf } from './origin.ts';
import { createRateLimit, limitRest } from './rate-limit.ts';
import { answerMethod, type Format, HttpError, respond, respondError } from './respond.ts';
import { chooseFormat } from './rest/format.ts';
import { type RestRoute, readRestPath } from './rest/path.ts';
import { startFromRest } from './rest/start.ts';
import { answerStatus, describeTask, restId } from './rest/status.ts';

const START_METHODS = ['POST'];
const TASK_METHODS = ['GET', 'HEAD', 'DELETE'];

/**
 * Answers what the REST page has: `/customer/{brand}/export`, and a task's status below it.
 * The handler resolves to false, untouched, for a path that is not below `/customer/`; it never rejects.
 */
export function createRestHandler(
  deps: ExportDeps,
  authenticate: Authenticator['authenticate'],
  rateLimit = createRateLimit(0),
) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<boolean> => {
    const [path = '', query] = (req.url ?? '').split('?', 2);
    if (!path.startsWith('/customer/')) return false;
    let format: Format = 'json';
    try {
      const route = readRestPath(path);
      if (!route) throw new HttpError(404, 'NOT_FOUND', 'There is nothing at this path.');
      if (answerMethod(req, res, route.id === null ? START_METHODS : TASK_METHODS)) return true;
      const parameters = new URLSearchParams(query);
      format = chooseFormat({
        query: parameters.get('format'),
        suffix: route.suffix,
        accept: req.headers.accept,
      });
      const viewer = await authenticate(req.headers.authorization);
      await limitRest(rateLimit, viewer, originOf(req));
      const answer = await act(deps, req, viewer, route, parameters);
      respond(req, res, { ...answer, format });
    } catch (error) {
      respondError(req, res, error, { log: deps.log, format });
    }
    return true;
  };
}

async function act(
  deps: ExportDeps,
  req: IncomingMessage,
  viewer: Viewer,
  { brand, id }: RestRoute,
  query: URLSearchParams,
) {
  if (id === null) {
    const task = await startFromRest(deps, req, viewer, brand, query);
    const location = `/customer/${encodeURIComponent(brand)}/export/${restId(task)}`;
    return { status: 200, body: { asyncTaskId: restId(task) }, headers: { location } };
  }
  const task = await requireTask(deps.db, viewer, id);
  if (task.brand !== brand) throw new AccessError('NOT_FOUND', 'There is no such export.');
  if (req.method !== 'DELETE') return answerStatus(deps, task);
  return { status: 202, body: await describeTask(deps, await remove(deps, req, viewer, task)) };
}

/** Cancels what is not finished, and removes the file of what is. */
async function remove(
  deps: ExportDeps,
  req: IncomingMessage,
  viewer: Viewer,
  task: ExportTask,
): Promise<ExportTask> {
  if (!isTerminal(task.status) || task.status === 'CANCELED') {
    try {
      return await cancelCustomerExport(deps, viewer, task.id, originOf(req));
    } catch (error) {
      // Finished in between: then it is the file that has to go.
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return deleteCustomerExport(deps, viewer, task.id, originOf(req));
}
