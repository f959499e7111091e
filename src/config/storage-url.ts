import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Kind } from './environment.ts';

/** Where finished files are kept. */
export type StorageConfig =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** Without slashes at its ends; empty for the bucket's root. */
      readonly prefix: string;
      /** null = Amazon's own. */
      readonly endpoint: string | null;
      /** null = as the usual AWS variables say. */
      readonly region: string | null;
    };

export const storageUrl: Kind<StorageConfig> = {
  mustBe:
    'file:PATH, or s3://bucket/prefix with at most the parameters endpoint (a URL) and region; credentials come from the AWS variables',
  parse: (text) => (/^file:/i.test(text) ? parseDirectory(text) : parseBucket(text)),
};

/** The directory for files when none is named. */
export function storageUnder(dataDir: string): StorageConfig {
  return { kind: 'directory', path: join(dataDir, 'files') };
}

/** `file:///var/exports`, and `file:exports` or `file:./exports` from the working directory. */
function parseDirectory(text: string): StorageConfig | undefined {
  const rest = text.slice('file:'.length);
  if (!rest.startsWith('//')) return rest ? { kind: 'directory', path: rest } : undefined;
  const url = URL.parse(text);
  if (!url || url.host || url.search || url.hash || url.pathname === '/') return undefined;
  try {
    return { kind: 'directory', path: fileURLToPath(url) };
  } catch {
    return undefined;
  }
}

function parseBucket(text: string): StorageConfig | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== 's3:' || url.username || url.password || url.port || url.hash) return undefined;
  if (!/^[a-z\d][a-z\d._-]{1,253}$/i.test(url.hostname)) return undefined;
  const parameters = [...url.searchParams.keys()];
  if (parameters.some((name) => name !== 'endpoint' && name !== 'region')) return undefined;
  if (new Set(parameters).size !== parameters.length) return undefined;
  const endpoint = url.searchParams.get('endpoint');
  if (endpoint !== null && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) return undefined;
  const prefix = decode(url.pathname)?.replace(/^\/+|\/+$/g, '');
  if (prefix === undefined) return undefined;
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix,
    endpoint,
    region: url.searchParams.get('region') || null,
  };
}

function decode(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}
