import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ExportDeps } from './deps.ts';
import type { Compression, ExportTask } from './task.ts';

const endings = { NONE: '.jsonl', GZIP: '.jsonl.gz', ZSTD: '.jsonl.zst' } satisfies Record<
  Compression,
  string
>;

const contentTypes = {
  NONE: 'text/jsonl; charset=utf-8',
  GZIP: 'application/gzip',
  ZSTD: 'application/zstd',
} satisfies Record<Compression, string>;

/** Where the storage keeps what this attempt writes. Each attempt has an object of its own. */
export function fileKey(task: Pick<ExportTask, 'id' | 'attempt' | 'compression'>): string {
  return `exports/${task.id}/${task.attempt}${endings[task.compression]}`;
}

/** What the file is called on the caller's disk: `customers-cartier-<asyncTaskId>.jsonl`. */
export function fileName(task: Pick<ExportTask, 'id' | 'brand' | 'compression'>): string {
  // Brands come from imported lines too: what is no plain letter there must not reach a header or a path.
  const brand = task.brand.replace(/[^A-Za-z0-9._-]/g, '_');
  return `customers-${brand}-${task.id}${endings[task.compression]}`;
}

/** The media type of the bytes served. The compressed ones are files of their own, not a Content-Encoding. */
export function contentType(compression: Compression): string {
  return contentTypes[compression];
}

/** A published file's facts, as the task row keeps them. */
export type StoredFile = {
  readonly key: string;
  /** Bytes served. */
  readonly size: number;
  /** Bytes before compression. */
  readonly uncompressedSize: number;
  /** 64 hex digits over the bytes served. */
  readonly sha256: string;
  /** From this instant on the file is gone, whether or not it has been removed yet. */
  readonly expiresAt: Date;
};

/** The task's file; null unless the task is COMPLETED. */
export function storedFile(task: ExportTask): StoredFile | null {
  const { fileKey: key, fileSize: size, uncompressedSize, fileSha256: sha256, expiresAt } = task;
  if (task.status !== 'COMPLETED' || key === null || size === null) return null;
  if (uncompressedSize === null || sha256 === null || expiresAt === null) return null;
  return { key, size, uncompressedSize, sha256, expiresAt };
}

/** What a caller is told of a file. */
export type ExportFile = {
  /** Signed; opens the file for whoever holds it, until `urlExpiresAt`. */
  readonly url: string;
  /** Never later than the task's `expiresAt`. */
  readonly urlExpiresAt: Date;
  readonly fileName: string;
  readonly contentType: string;
  readonly compression: Compression;
  /** Bytes served. */
  readonly fileSize: number;
  /** Bytes before compression. */
  readonly uncompressedSize: number;
  /** Lines. */
  readonly objectCount: number;
  /** `sha256:` and 64 hex digits over the bytes served. */
  readonly fileChecksum: string;
};

/** The file of a task, under a newly signed URL; null unless the task is COMPLETED and the file not yet due to go. */
export function describeFile(
  deps: Pick<ExportDeps, 'publicUrl' | 'signingKeys' | 'downloadUrlTtlSeconds'>,
  task: ExportTask,
  now: Date = new Date(),
): ExportFile | null {
  const file = storedFile(task);
  if (file === null || file.expiresAt <= now) return null;
  const lifeMs = Math.min(deps.downloadUrlTtlSeconds * 1000, file.expiresAt.getTime() - now.getTime());
  const expires = Math.floor((now.getTime() + lifeMs) / 1000);
  return {
    url: signFileUrl(deps, task, expires),
    urlExpiresAt: new Date(expires * 1000),
    fileName: fileName(task),
    contentType: contentType(task.compression),
    compression: task.compression,
    fileSize: file.size,
    uncompressedSize: file.uncompressedSize,
    objectCount: task.objectCount,
    fileChecksum: `sha256:${file.sha256}`,
  };
}

/** The URL of a task's file, good until `expires` (seconds since 1970). */
export function signFileUrl(
  deps: Pick<ExportDeps, 'publicUrl' | 'signingKeys'>,
  task: Pick<ExportTask, 'id' | 'attempt'>,
  expires: number,
): string {
  const [key] = deps.signingKeys;
  if (key === undefined) throw new Error('There is no key to sign file URLs with.');
  const query = new URLSearchParams({ expires: `${expires}`, signature: sign(key, task, `${expires}`) });
  return `${deps.publicUrl}/exports/${task.id}/file?${query}`;
}

/** Says whether a file URL's query is ours for this task, and still good. Any of the keys will do. */
export function verifyFileUrl(
  keys: readonly string[],
  task: Pick<ExportTask, 'id' | 'attempt'>,
  query: { readonly expires: string; readonly signature: string },
  now: Date = new Date(),
): 'valid' | 'expired' | 'forged' {
  const given = Buffer.from(query.signature);
  const authentic = keys.some((key) => {
    // Compared as text: several base64url texts decode to the same bytes, and only one of them is the signature.
    const expected = Buffer.from(sign(key, task, query.expires));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  if (!authentic) return 'forged';
  return now.getTime() < Number(query.expires) * 1000 ? 'valid' : 'expired';
}

function sign(key: string, task: Pick<ExportTask, 'id' | 'attempt'>, expires: string): string {
  return createHmac('sha256', key).update(`file ${task.id} ${task.attempt} ${expires}`).digest('base64url');
}
