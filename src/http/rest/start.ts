import type { IncomingMessage } from 'node:http';
import type { Viewer } from '../../auth/viewer.ts';
import { defaultSelection, printSelection } from '../../customers/selection.ts';
import type { Problem } from '../../errors.ts';
import type { ExportDeps } from '../../exports/deps.ts';
import { startCustomerExport } from '../../exports/start.ts';
import type { ExportTask } from '../../exports/task.ts';
import { originOf } from '../origin.ts';
import { readBody } from './body.ts';
import { findName } from './parameters.ts';
import { readRestRequest } from './request.ts';

/**
 * Starts the export that a request's body asks for; the same tasks as the mutation's.
 * @throws {Refusal} with every problem of the request.
 * @throws {HttpError} for a body that cannot be read at all.
 */
export async function startFromRest(
  deps: ExportDeps,
  req: IncomingMessage,
  viewer: Viewer,
  brand: string,
  query: URLSearchParams,
): Promise<ExportTask> {
  const { downloadRequestId, filter, problems: own } = readRestRequest(brand, await readBody(req));
  const problems = [...own, ...findMisplaced(query)];
  // REST has no word for the selection, so REST's own problems travel in its place: the domain refuses them
  // together with its own.
  const selection = problems.length > 0 ? { problems } : { selection: printSelection(defaultSelection) };
  const request = { downloadRequestId, filter, selection, compression: 'NONE' } as const;
  return startCustomerExport(deps, viewer, request, originOf(req));
}

/** Parameters in the URL would be passed over, and the export be wider than its caller meant. */
function findMisplaced(query: URLSearchParams): Problem[] {
  return [...new Set(query.keys())].flatMap((given): Problem[] => {
    const name = findName(given);
    if (name === null) return [];
    return [{ code: 'INVALID', message: `${name} belongs in the body.`, path: ['filter', name] }];
  });
}
