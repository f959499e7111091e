import type { Readable } from 'node:stream';
import type { Viewer } from '../auth/viewer.ts';
import { StorageError } from '../storage/storage.ts';
import { isTaskId, requireTask } from './access.ts';
import { type Origin, recordAudit } from './audit.ts';
import type { ExportDeps } from './deps.ts';
import { contentType, fileName, type StoredFile, storedFile, verifyFileUrl } from './file.ts';
import { findAttempt, findTask } from './task/store.ts';
import type { ExportTask } from './task.ts';

/** Why a file is not handed out. */
export class DownloadRefusal extends Error {
  override name = 'DownloadRefusal';
  readonly code: 'LINK_INVALID' | 'LINK_EXPIRED' | 'FILE_NOT_FOUND' | 'FILE_EXPIRED' | 'FILE_UNAVAILABLE';

  constructor(code: DownloadRefusal['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** What a caller shows: the query of a file URL as it came, or who they are. The query alone decides where there is one. */
export type Permit = { readonly expires: string; readonly signature: string } | { readonly viewer: Viewer };

/** A file that may be handed out. */
export type Download = {
  readonly taskId: string;
  readonly fileName: string;
  readonly contentType: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** 64 hex digits over the whole file. */
  readonly sha256: string;
  /**
   * Opens the bytes `start` to `end`, both included, or all of them; before the first one stands the audit row.
   * The stream ends after the last of them or with an error. Destroy it when it is not read to its end.
   * @throws {DownloadRefusal} FILE_EXPIRED when the file went in between, FILE_UNAVAILABLE when the storage fails.
   */
  readonly open: (range: { readonly start: number; readonly end: number } | null) => Promise<Readable>;
  /**
   * Where the storage itself hands out the file for some minutes; null when it does not, as is usual. The audit row is
   * written before the URL is given away.
   */
  readonly redirect: () => Promise<string | null>;
};

/**
 * Finds the file of an export for whoever shows a permit for it. Either form of the id will do.
 * @throws {DownloadRefusal} LINK_INVALID and LINK_EXPIRED for a query that is not or no longer good, FILE_NOT_FOUND
 * for an export that has no file yet or never will, FILE_EXPIRED when it is no longer kept.
 * @throws {AccessError} NOT_FOUND when the export does not exist for the viewer.
 */
export async function openDownload(
  deps: ExportDeps,
  id: string,
  permit: Permit,
  origin: Origin,
  now: Date = new Date(),
): Promise<Download> {
  const { task, actor } = await admit(deps, id, permit, now);
  const file = requireFile(task, now);
  const recordDownload = (bytes: string) =>
    recordAudit(deps.db, { actor, action: 'download', task, details: { ...origin, bytes } });
  return {
    taskId: task.id,
    fileName: fileName(task),
    contentType: contentType(task.compression),
    size: file.size,
    sha256: file.sha256,
    open: async (range) => {
      const stream = await openObject(deps, task, file, range);
      try {
        await recordDownload(range ? `${range.start}-${range.end}` : 'all');
        return stream;
      } catch (error) {
        stream.destroy();
        throw error;
      }
    },
    redirect: async () => {
      const url = await deps.storage.downloadUrl(file.key, {
        fileName: fileName(task),
        contentType: contentType(task.compression),
        expiresInSeconds: REDIRECT_SECONDS,
      });
      if (url !== null) await recordDownload('redirect');
      return url;
    },
  };
}

/** Long enough to begin a download with, which is all that the URL is for. */
const REDIRECT_SECONDS = 300;

/** Whoever holds a signed link stands here for the audit trail: the link does not say who was given it. */
const linkHolder: Viewer = {
  subject: 'signed link',
  brands: '*',
  posCodes: null,
  scopes: new Set(['exports:admin']),
  expiresAt: null,
};

async function admit(
  deps: ExportDeps,
  id: string,
  permit: Permit,
  now: Date,
): Promise<{ task: ExportTask; actor: string }> {
  if ('viewer' in permit) {
    return { task: await requireTask(deps.db, permit.viewer, id), actor: permit.viewer.subject };
  }
  // To a link that we did not sign, an export that is there looks like one that is not: the row, which may be large, is
  // read for a good link alone.
  const attempt = isTaskId(id) ? await findAttempt(deps.db, id) : null;
  const verdict = verifyFileUrl(deps.signingKeys, attempt ?? { id, attempt: 0 }, permit, now);
  if (attempt === null || verdict === 'forged') {
    throw new DownloadRefusal('LINK_INVALID', 'This link is not one of ours, or not whole.');
  }
  const task = await requireTask(deps.db, linkHolder, id);
  // A link dies with its file at the latest, and then it is the file's end that its holder needs to know.
  if (verdict === 'expired' && !isGone(task, now)) {
    throw new DownloadRefusal(
      'LINK_EXPIRED',
      'This link has expired. Ask for the export again: it comes with a new one.',
    );
  }
  return { task, actor: linkHolder.subject };
}

function requireFile(task: ExportTask, now: Date): StoredFile {
  if (isGone(task, now)) throw gone();
  const file = storedFile(task);
  if (file === null) throw new DownloadRefusal('FILE_NOT_FOUND', 'This export has no file.');
  return file;
}

function isGone(task: ExportTask, now: Date): boolean {
  if (task.status === 'EXPIRED') return true;
  return task.status === 'COMPLETED' && task.expiresAt !== null && task.expiresAt <= now;
}

async function openObject(
  deps: ExportDeps,
  task: ExportTask,
  file: StoredFile,
  range: { readonly start: number; readonly end: number } | null,
): Promise<Readable> {
  const object = await deps.storage.open(file.key, range ?? undefined).catch((error: unknown) => {
    if (!(error instanceof StorageError)) throw error;
    deps.log.error({ err: error, taskId: task.id }, 'file could not be opened');
    throw new DownloadRefusal('FILE_UNAVAILABLE', 'The file cannot be read at the moment. Try again later.');
  });
  if (object?.size === file.size) return object.stream;
  object?.stream.destroy();
  const current = await findTask(deps.db, task.id);
  if (current?.status === 'EXPIRED') throw gone();
  throw new Error(`The stored object of export ${task.id} is not the file that was published.`);
}

const gone = () => new DownloadRefusal('FILE_EXPIRED', 'The file of this export is no longer kept.');
