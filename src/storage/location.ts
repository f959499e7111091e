import { fileURLToPath } from 'node:url';

/** A folder. A relative path starts at the working directory. */
export type DirectoryLocation = { readonly kind: 'directory'; readonly path: string };

/** A place in a bucket of Amazon S3 or of a server that speaks its language. */
export type S3Location = {
  readonly kind: 's3';
  readonly bucket: string;
  /** Put before every key with a slash between; without slashes at its ends; empty for the bucket's root. */
  readonly prefix: string;
  /** URL of the server, which then takes the bucket in the path; null = Amazon's own. */
  readonly endpoint: string | null;
  /** null = as the AWS variables and files say, `us-east-1` when they do not. */
  readonly region: string | null;
  /** How the server is asked to encrypt objects at rest; null or absent = as the bucket is set up. */
  readonly encryption?: S3Encryption | null;
  /** Whether downloads pass through us or go to the bucket by a presigned URL; absent = `proxy`. */
  readonly download?: 'proxy' | 'redirect';
};

export type S3Encryption =
  | { readonly algorithm: 'AES256' }
  /** null = the key that AWS keeps for S3. */
  | { readonly algorithm: 'aws:kms'; readonly kmsKeyId: string | null };

export type StorageLocation = DirectoryLocation | S3Location;

/**
 * Reads a storage URL; undefined when it is none.
 * - `file:///var/exports`, or `file:exports` from the working directory
 * - `s3://bucket/prefix?endpoint=URL&region=R&sse=AES256|aws:kms&kmsKeyId=K&download=proxy|redirect`, each parameter at most once
 */
export function parseStorageUrl(text: string): StorageLocation | undefined {
  return /^file:/i.test(text) ? parseDirectory(text) : parseBucket(text);
}

function parseDirectory(text: string): DirectoryLocation | undefined {
  const rest = text.slice('file:'.length);
  if (!rest.startsWith('//')) return rest ? { kind: 'directory', path: rest } : undefined;
  const url = URL.parse(text);
  if (!url || url.host || url.search || url.hash || url.pathname === '/' || text.includes('%00'))
    return undefined;
  try {
    return { kind: 'directory', path: fileURLToPath(url) };
  } catch {
    return undefined;
  }
}

const parameters = new Set(['endpoint', 'region', 'sse', 'kmsKeyId', 'download']);

function parseBucket(text: string): S3Location | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== 's3:' || url.username || url.password || url.port || url.hash) return undefined;
  if (!/^[a-z\d][a-z\d._-]{1,253}$/i.test(url.hostname)) return undefined;
  const given = [...url.searchParams.keys()];
  if (new Set(given).size !== given.length || given.some((name) => !parameters.has(name))) return undefined;
  const value = (name: string) => url.searchParams.get(name) || null;
  const endpoint = url.searchParams.get('endpoint');
  if (endpoint !== null && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) return undefined;
  const prefix = decode(url.pathname)?.replace(/^\/+|\/+$/g, '');
  const encryption = parseEncryption(value('sse'), value('kmsKeyId'));
  const download = value('download') ?? 'proxy';
  if (prefix === undefined || encryption === undefined) return undefined;
  if (download !== 'proxy' && download !== 'redirect') return undefined;
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix,
    endpoint,
    region: value('region'),
    encryption,
    download,
  };
}

function parseEncryption(sse: string | null, kmsKeyId: string | null): S3Encryption | null | undefined {
  if (sse === 'aws:kms') return { algorithm: sse, kmsKeyId };
  if (kmsKeyId !== null) return undefined;
  if (sse === 'AES256') return { algorithm: sse };
  return sse === null ? null : undefined;
}

function decode(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}
