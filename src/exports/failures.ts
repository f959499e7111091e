import { StorageError } from '../storage/storage.ts';
import type { Failure } from './task.ts';

/** What to tell the caller of a fault, and whether it may have passed by the next attempt. */
export type Diagnosis = Failure & { readonly passing: boolean };

/** SQLSTATE classes of faults that pass: connection, rollback, resources, operator intervention, system. */
const passingSqlState = /^(08|40|53|57|58|55P03|25P03)/;
const passingConnection = /^(CONNECT|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/;

/** Reads a fault that ended an attempt. Never repeats the fault's own words: they may hold SQL or data. */
export function diagnose(error: unknown): Diagnosis {
  if (error instanceof StorageError) {
    return error.code === 'STORAGE_FULL'
      ? {
          code: 'STORAGE_FULL',
          message: 'There is no room left for the file. Narrow the filter, or ask the operator for room.',
          retryable: true,
          passing: false,
        }
      : {
          code: 'STORAGE_UNAVAILABLE',
          message: 'The file could not be stored. Try again later.',
          retryable: true,
          passing: error.retryable,
        };
  }
  if (isDatabaseAway(error)) {
    return {
      code: 'DATABASE_UNAVAILABLE',
      message: 'The database could not be read. Try again later.',
      retryable: true,
      passing: true,
    };
  }
  return {
    code: 'INTERNAL_ERROR',
    message: 'The export failed for a reason that is ours. Give the operator the asyncTaskId.',
    retryable: false,
    passing: false,
  };
}

/** Whether a fault is the database's, and may pass by itself: it is away, overloaded, or gave way to somebody else. */
export function isDatabaseAway(error: unknown): boolean {
  const code = errorCode(error);
  return passingSqlState.test(code) || passingConnection.test(code);
}

function errorCode(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') return current.code;
  }
  return '';
}
