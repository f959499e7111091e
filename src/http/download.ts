import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Authenticator } from '../auth/token.ts';
import type { ExportDeps } from '../exports/deps.ts';
import { type Download, openDownload, type Permit } from '../exports/download.ts';
import { entityTag, fileHeaders, names, readRange } from './download-headers.ts';
import { originOf } from './origin.ts';
import { answerMethod, HttpError, respondError } from './respond.ts';

/** A reader that takes nothing for this long is gone. */
const IDLE_MS = 60_000;
const METHODS = ['GET', 'HEAD'];

/**
 * Hands out files at `/exports/{asyncTaskId}/file`: to the holder of a signed URL, or to a caller with a bearer token
 * for whom the export exists. The handler resolves to false, untouched, for any other path; it never rejects, and
 * resolves once the file is sent or the connection is gone.
 */
export function createDownloadHandler(
  deps: ExportDeps,
  authenticate: Authenticator['authenticate'],
  { idleMs = IDLE_MS }: { readonly idleMs?: number } = {},
) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<boolean> => {
    const [path = '', query = ''] = (req.url ?? '').split('?', 2);
    const [, id] = /^\/exports\/([^/]+)\/file$/.exec(path) ?? [];
    if (id === undefined) return false;
    let { log } = deps;
    try {
      if (answerMethod(req, res, METHODS)) return true;
      const permit = readPermit(new URLSearchParams(query)) ?? {
        viewer: await authenticate(req.headers.authorization),
      };
      const file = await openDownload(deps, id, permit, originOf(req));
      log = log.child({ taskId: file.taskId });
      await answer(req, res, file, idleMs);
    } catch (error) {
      // Nobody is left to be told, and nothing of ours has failed.
      if (hasLeft(error)) log.info('download was broken off by its reader');
      else respondError(req, res, error, { log });
    }
    return true;
  };
}

/** The query of a signed URL; null for a bare one. Half a query, or one given twice, is one that will not verify. */
function readPermit(query: URLSearchParams): Permit | null {
  if (!query.has('expires') && !query.has('signature')) return null;
  return { expires: query.getAll('expires').join(), signature: query.getAll('signature').join() };
}

/** Whether the reader has gone, or was cut off for taking nothing. */
function hasLeft(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

/** Conditions first, then the range, then the bytes: the order of RFC 9110, section 13.2.2. */
async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  file: Download,
  idleMs: number,
): Promise<void> {
  const { headers } = req;
  const tag = entityTag(file);
  if (headers['if-match'] !== undefined && !names(headers['if-match'], tag, { weak: false })) {
    throw new HttpError(412, 'PRECONDITION_FAILED', 'The file is another one by now.');
  }
  if (headers['if-none-match'] !== undefined && names(headers['if-none-match'], tag, { weak: true })) {
    res.writeHead(304, fileHeaders(file)).end();
    return;
  }
  const part = req.method === 'GET' ? readRange(headers, { size: file.size, tag }) : null;
  if (part === 'unsatisfiable') {
    throw new HttpError(416, 'RANGE_NOT_SATISFIABLE', `The file has ${file.size} bytes.`, {
      'content-range': `bytes */${file.size}`,
    });
  }
  const length = part ? part.end - part.start + 1 : file.size;
  const all = { ...fileHeaders(file), 'content-type': file.contentType, 'content-length': length };
  if (req.method === 'HEAD') {
    res.writeHead(200, all).end();
    return;
  }
  const location = await file.redirect();
  if (location !== null) {
    const { 'accept-ranges': _, ...facts } = fileHeaders(file);
    res.writeHead(302, { ...facts, location, 'content-length': 0 }).end();
    return;
  }
  const stream = await file.open(part);
  res.writeHead(
    part ? 206 : 200,
    part ? { ...all, 'content-range': `bytes ${part.start}-${part.end}/${file.size}` } : all,
  );
  // Counts from the last byte that the socket took, so it ends a reader that has stopped, not one that is slow.
  res.setTimeout(idleMs, () => res.destroy());
  // An error on either side, or a reader that leaves, ends both: what is cut short never looks whole.
  await pipeline(stream, res);
}
