import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { S3Encryption, S3Location } from './location.ts';
import type { Bucket, ObjectName } from './s3/bucket.ts';
import { isMissing, onS3 } from './s3/errors.ts';
import { openObject } from './s3/read.ts';
import { upload } from './s3/upload.ts';
import {
  type DownloadAs,
  isKey,
  requireKey,
  type Storage,
  StorageError,
  type StoredObject,
} from './storage.ts';

/** What the AWS variables of the same names hold. */
export type S3Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/** For tests, which cannot wait that long or send that much. */
export type S3Tuning = {
  /** Bytes of a part, at least 5 MiB; 8 MiB unless given, which allows objects of 78 GiB. */
  readonly partBytes?: number;
  /** A connection on which nothing happens for this long is given up; 30,000 unless given. */
  readonly idleTimeoutMs?: number;
  /** How often one request is tried, with growing pauses; 5 unless given. */
  readonly attempts?: number;
};

/**
 * Keeps objects in a bucket. The bucket is there already; ours is what begins with the prefix. It needs the rights
 * s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListBucket and s3:ListBucketMultipartUploads.
 * Where the bucket keeps old versions, removed objects live on in them: these are personal data, so have a lifecycle
 * rule end them, or keep no versions.
 */
export async function openS3(
  location: S3Location,
  credentials?: S3Credentials,
  tuning: S3Tuning = {},
): Promise<Storage> {
  const bucket: Bucket = {
    client: await connect(location, credentials, tuning),
    name: location.bucket,
    prefix: location.prefix === '' ? '' : `${location.prefix}/`,
    encryption: encryptionOf(location.encryption ?? null),
    partBytes: tuning.partBytes ?? 8 * 1024 * 1024,
  };
  const { client } = bucket;
  const nameOf = (key: string): ObjectName => {
    requireKey(key);
    return { Bucket: bucket.name, Key: `${bucket.prefix}${key}` };
  };
  return {
    write: async (key, chunks, signal) => upload(bucket, nameOf(key), chunks, signal),
    open: async (key, range) => openObject(bucket, nameOf(key), range),
    head: async (key) => look(client, nameOf(key), key),
    remove: async (key) => {
      await onS3(() => client.send(new DeleteObjectCommand(nameOf(key))));
    },
    list: () => listObjects(bucket),
    removeUnfinished: async (before, key) => {
      if (key !== undefined) requireKey(key);
      return abortUploads(bucket, before, key);
    },
    downloadUrl: async (key, as) => {
      const object = nameOf(key);
      return location.download === 'redirect' ? presign(client, object, as) : null;
    },
    check: async () => {
      await onS3(() => client.send(new HeadBucketCommand({ Bucket: bucket.name })));
    },
    close: async () => client.destroy(),
  };
}

async function connect(
  { region, endpoint }: S3Location,
  credentials: S3Credentials | undefined,
  { idleTimeoutMs = 30_000, attempts = 5 }: S3Tuning,
): Promise<S3Client> {
  return new S3Client({
    region: region ?? (await usualRegion()),
    ...(endpoint !== null && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
    maxAttempts: attempts,
    // Asked for where a checksum can say something: not of a range, and not in a URL for a browser.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: Math.min(5_000, idleTimeoutMs),
      socketTimeout: idleTimeoutMs,
      // Each download that passes through us holds a connection for as long as its reader takes.
      httpAgent: { maxSockets: Number.POSITIVE_INFINITY },
      httpsAgent: { maxSockets: Number.POSITIVE_INFINITY },
    },
  });
}

/** As the AWS variables and files say. */
async function usualRegion(): Promise<string> {
  const probe = new S3Client({});
  try {
    return await probe.config.region();
  } catch {
    return 'us-east-1';
  } finally {
    probe.destroy();
  }
}

function encryptionOf(wanted: S3Encryption | null): Bucket['encryption'] {
  if (wanted === null) return {};
  if (wanted.algorithm === 'AES256' || wanted.kmsKeyId === null) {
    return { ServerSideEncryption: wanted.algorithm };
  }
  return { ServerSideEncryption: wanted.algorithm, SSEKMSKeyId: wanted.kmsKeyId };
}

async function look(client: S3Client, object: ObjectName, key: string): Promise<StoredObject | null> {
  const head = await onS3(() => client.send(new HeadObjectCommand(object))).catch((error: unknown) => {
    if (error instanceof StorageError && isMissing(error.cause)) return null;
    throw error;
  });
  return head && { key, size: head.ContentLength ?? 0, modifiedAt: head.LastModified ?? new Date(0) };
}

async function* listObjects({ client, name, prefix }: Bucket): AsyncGenerator<StoredObject> {
  let after: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: name,
      Prefix: `${prefix}exports/`,
      ContinuationToken: after,
    });
    const page = await onS3(() => client.send(command));
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      const key = Key?.slice(prefix.length) ?? '';
      if (isKey(key)) yield { key, size: Size ?? 0, modifiedAt: LastModified ?? new Date(0) };
    }
    after = page.NextContinuationToken;
  } while (after !== undefined);
}

async function abortUploads({ client, name, prefix }: Bucket, before: Date, only?: string): Promise<number> {
  let removed = 0;
  let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | null = {};
  while (after) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: name,
      Prefix: `${prefix}${only ?? 'exports/'}`,
      ...after,
    });
    const page = await onS3(() => client.send(command));
    for (const { Key = '', UploadId, Initiated } of page.Uploads ?? []) {
      const key = Key.slice(prefix.length);
      if (!isKey(key) || (only !== undefined && key !== only)) continue;
      if (!UploadId || !Initiated || Initiated >= before) continue;
      const abort = new AbortMultipartUploadCommand({ Bucket: name, Key, UploadId });
      removed += await onS3(() => client.send(abort)).then(() => 1, ifGone);
    }
    after = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      : null;
  }
  return removed;
}

/** Another process sweeps too, or the upload came to its end just now. */
function ifGone(error: unknown): 0 {
  const gone =
    error instanceof StorageError && error.cause instanceof Error && error.cause.name === 'NoSuchUpload';
  if (gone) return 0;
  throw error;
}

function presign(client: S3Client, object: ObjectName, as: DownloadAs): Promise<string> {
  const command = new GetObjectCommand({
    ...object,
    ResponseContentType: as.contentType,
    ResponseContentDisposition: `attachment; filename="${as.fileName}"`,
    ResponseCacheControl: 'private, no-store',
  });
  return onS3(() => getSignedUrl(client, command, { expiresIn: as.expiresInSeconds }));
}
