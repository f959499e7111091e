import { join } from 'node:path';
import { parseStorageUrl, type StorageLocation } from '../storage/location.ts';
import type { Kind } from './environment.ts';

export const storageUrl: Kind<StorageLocation> = {
  mustBe:
    'file:PATH, or s3://bucket/prefix with at most the parameters endpoint (a URL), region, sse, kmsKeyId and download (proxy or redirect); credentials come from the AWS variables',
  parse: parseStorageUrl,
};

/** The directory for files when none is named. */
export function storageUnder(dataDir: string): StorageLocation {
  return { kind: 'directory', path: join(dataDir, 'files') };
}
