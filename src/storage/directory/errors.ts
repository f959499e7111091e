import { StorageError } from '../storage.ts';

/** No room: the disk, the user's quota, or the largest file allowed (`ulimit -f`). */
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** These stay until somebody sets the folder right. */
const lasting = new Set([
  'EROFS',
  'EACCES',
  'EPERM',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ELOOP',
  'ENAMETOOLONG',
  'ENODEV',
  'ENXIO',
]);

/** Does something with the file system; its errors become StorageErrors. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw fromFileSystem(cause);
  }
}

function fromFileSystem(cause: unknown): unknown {
  if (cause instanceof StorageError || cause instanceof RangeError) return cause;
  const code = codeOf(cause) || 'unknown';
  return full.has(code)
    ? new StorageError('STORAGE_FULL', `There is no room in the folder of files (${code}).`, {
        cause,
        retryable: false,
      })
    : new StorageError('STORAGE_UNAVAILABLE', `The folder of files cannot be used (${code}).`, {
        cause,
        retryable: !lasting.has(code),
      });
}

/** The file system's word for an error, such as ENOENT; empty when it is no such error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Waits for `work`; null when the file or folder is not there. */
export async function orMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
