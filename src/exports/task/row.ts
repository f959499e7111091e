import type { exports } from '../../db/tables.ts';
import { compressions, type ExportTask, failureCodes, statuses } from '../task.ts';

type Row = typeof exports.$inferSelect;

/** Reads a row of `exports` as a task. Throws when the row holds a word this version does not know. */
export function readTask(row: Row): ExportTask {
  const {
    failureCode,
    failureMessage,
    failureRetryable,
    cancelRequestedBy: _,
    retryAt: __,
    ...columns
  } = row;
  return {
    ...columns,
    status: known(statuses, row.status),
    compression: known(compressions, row.compression),
    failure:
      failureCode === null
        ? null
        : {
            code: known(failureCodes, failureCode),
            message: failureMessage ?? '',
            retryable: failureRetryable ?? false,
          },
  };
}

function known<T extends string>(words: readonly T[], word: string): T {
  const found = words.find((candidate) => candidate === word);
  if (found === undefined) throw new Error(`exports: unknown word ${word}`);
  return found;
}
