import type { Readable } from 'node:stream';

/**
 * Why an object could not be written, read or removed.
 *
 * `STORAGE_FULL`: there is no room: the disk, a quota or a limit on the size of files.
 * `STORAGE_UNAVAILABLE`: everything else that is the storage's own fault.
 */
export const storageErrorCodes = ['STORAGE_FULL', 'STORAGE_UNAVAILABLE'] as const;
export type StorageErrorCode = (typeof storageErrorCodes)[number];

/** A fault of the storage. What the file system or the S3 server said is its `cause`. */
export class StorageError extends Error {
  override name = 'StorageError';
  readonly code: StorageErrorCode;
  /** Whether the same call may succeed some seconds later with nobody's help: a network that is down, but not a wrong password. */
  readonly retryable: boolean;

  constructor(code: StorageErrorCode, message: string, how: { cause: unknown; retryable: boolean }) {
    super(message, { cause: how.cause });
    this.code = code;
    this.retryable = how.retryable;
  }
}

/** Bytes `start` to `end` of an object, both included, counted from 0. */
export type ByteRange = { readonly start: number; readonly end: number };

/** An object, as a look at it from outside tells. */
export type StoredObject = {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** When it appeared whole, to the second. */
  readonly modifiedAt: Date;
};

/** An object being read. */
export type OpenObject = {
  /** Bytes of the whole object, whatever the range. */
  readonly size: number;
  /** Bytes that `stream` will give. */
  readonly length: number;
  /**
   * The bytes, read as they are asked for. It ends after exactly `length` bytes, or with a StorageError.
   * Read it to its end or destroy it: until then it holds a file or a connection open.
   */
  readonly stream: Readable;
};

/** What a browser is to be told of an object that it fetches from the storage itself. */
export type DownloadAs = {
  readonly fileName: string;
  readonly contentType: string;
  /** The URL's life. */
  readonly expiresInSeconds: number;
};

/**
 * Keeps the files of exports. Each adapter passes `test/storage/contract.ts`.
 *
 * Keys are made by us and look like `exports/<uuid>/<attempt>.jsonl[.gz|.zst]`; any other key is a RangeError,
 * before anything is touched. Faults of the storage are StorageErrors.
 */
export type Storage = {
  /**
   * Writes an object of all the chunks, in place of one that may be there under this key. One writer a key at a time:
   * another one's object is not what was sent, and may be removed as such.
   *
   * The object appears whole or not at all: nobody sees a part of it. When the promise resolves it is durable (file
   * and folder are on the disk, or the S3 server has confirmed size and checksum). When it rejects, no object of this
   * call is left and nothing else is either, as far as the storage can still be reached; `removeUnfinished` and
   * a sweep of `list` remove what could not be removed then.
   *
   * Rejects with the error of `chunks`, with the signal's reason once that is aborted, or with a StorageError.
   * `chunks` is read as fast as it can be stored, at most some tens of MB ahead, and closed in every case.
   * A chunk's bytes are taken before the next is asked for: its memory may be used again.
   */
  readonly write: (
    key: string,
    chunks: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ) => Promise<{ readonly size: number }>;

  /**
   * Opens an object, or the bytes of it that are asked for; null when there is none.
   * A range that does not lie within the object is a RangeError. Removing an object while it is read does no harm
   * to readers of files; readers of S3 may be cut off.
   */
  readonly open: (key: string, range?: ByteRange) => Promise<OpenObject | null>;

  /** The object's facts, or null when there is none. */
  readonly head: (key: string) => Promise<StoredObject | null>;

  /** Removes an object for good. Of one that is not there: fine. */
  readonly remove: (key: string) => Promise<void>;

  /** All whole objects, in no order, so that those which no task knows can be removed. What was never finished is not among them. */
  readonly list: () => AsyncIterable<StoredObject>;

  /**
   * Removes what writes left unfinished when their process or the connection died, if it was last touched before
   * `before`; with a key, of that object alone. Resolves to the number removed. A write that is still running is never
   * older than its last chunks in a folder, but may be as old as its beginning in S3: so ask for more age than any
   * export takes, or for a key that nobody writes any more.
   */
  readonly removeUnfinished: (before: Date, key?: string) => Promise<number>;

  /** A URL where a browser may fetch the object without us, until it expires; null when downloads are to pass through us. */
  readonly downloadUrl: (key: string, as: DownloadAs) => Promise<string | null>;

  /** Resolves when objects could be written now, as far as that can be told without writing one; a StorageError otherwise. */
  readonly check: () => Promise<void>;

  /** Lets go of connections. Nothing may be called afterwards. */
  readonly close: () => Promise<void>;
};

const keyShape = /^exports\/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\/[1-9]\d{0,8}\.jsonl(\.gz|\.zst)?$/;

/** Whether this is a key of ours. Nothing else may reach a path or a bucket. */
export function isKey(text: string): boolean {
  return keyShape.test(text);
}

/** Throws a RangeError unless this is a key of ours. */
export function requireKey(key: string): void {
  if (!isKey(key)) throw new RangeError('That is no key of a stored object.');
}

/** Throws a RangeError unless the range lies within an object of this size; the whole object when there is none. */
export function requireRange(size: number, range: ByteRange | undefined): { start: number; length: number } {
  if (range === undefined) return { start: 0, length: size };
  const { start, end } = range;
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole || start < 0 || end < start || end >= size) {
    throw new RangeError(`Bytes ${start} to ${end} do not lie within ${size} bytes.`);
  }
  return { start, length: end - start + 1 };
}
