import { countErrors } from './count-errors.ts';
import { openDirectory } from './directory.ts';
import type { StorageLocation } from './location.ts';
import type { S3Credentials } from './s3.ts';
import type { Storage } from './storage.ts';

/**
 * Opens the storage that a location names. Nothing is reached for yet: ask `check` whether it is usable.
 * @param credentials for S3; without them the AWS SDK looks where it always does (AWS_ACCESS_KEY_ID and the other
 *   variables, its configuration files, the machine's role).
 */
export async function openStorage(location: StorageLocation, credentials?: S3Credentials): Promise<Storage> {
  if (location.kind === 'directory') return countErrors(openDirectory(location.path));
  // The SDK takes 150 ms and 40 MB to load: only those who need it pay.
  const { openS3 } = await import('./s3.ts');
  return countErrors(await openS3(location, credentials));
}
