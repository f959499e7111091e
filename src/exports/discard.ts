import type { ExportDeps } from './deps.ts';
import { fileKey } from './file.ts';
import type { ExportTask } from './task.ts';

/**
 * Removes what an attempt has stored, once its row says that nobody is to have it, or never was. Never throws: what
 * cannot be removed now is removed by the next tidying (`tidy.ts`).
 */
export async function discardFile(
  { storage, log }: Pick<ExportDeps, 'storage' | 'log'>,
  attempt: Pick<ExportTask, 'id' | 'attempt' | 'compression'>,
): Promise<void> {
  try {
    await storage.remove(fileKey(attempt));
  } catch (error) {
    log.warn({ err: error, taskId: attempt.id, attempt: attempt.attempt }, 'left an object behind');
  }
}
