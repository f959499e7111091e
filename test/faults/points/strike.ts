/**
 * Named points in the life of an export at which a test's process comes to grief. The process is told by its
 * environment, and `preload.ts` puts the points where they belong; nothing in `src` knows of them.
 */
export type FaultPoint =
  /** The task is claimed, nothing is read. */
  | 'after-claim'
  /** The third chunk of the file has been handed to the storage. */
  | 'mid-read'
  /** All chunks have been handed over, the file is not durable. */
  | 'before-sync'
  /** The file is durable and nobody knows of it. */
  | 'before-publish'
  /** The task is COMPLETED and the audit row written, in a transaction that is not committed. */
  | 'in-publish'
  /** All is committed. */
  | 'after-publish'
  /** The task of a mutation is inserted, in a transaction that is not committed. */
  | 'in-start'
  /** The mutation is committed, and its caller not told. */
  | 'after-start';

/** How the process is to fail, as text in environment variables. */
export type Faults = {
  /** Where it is killed. */
  readonly FAULT_AT?: FaultPoint;
  /** Where it is suspended when it first comes by. */
  readonly FAULT_SUSPEND_AT?: FaultPoint;
  /** How long the storage takes for each megabyte, in ms. */
  readonly FAULT_MS_PER_MB?: string;
  /** Customers with this in their lines take the process down. */
  readonly FAULT_POISON?: string;
  /** After this many bytes the disk is full. */
  readonly FAULT_DISK_BYTES?: string;
};

export const faults: Faults = process.env;

let suspended = false;

/** Ends the process as `kill -9` does, or suspends it, when this is the point. */
export function strike(point: FaultPoint): void {
  if (faults.FAULT_AT === point) process.kill(process.pid, 'SIGKILL');
  if (faults.FAULT_SUSPEND_AT !== point || suspended) return;
  suspended = true;
  process.kill(process.pid, 'SIGSTOP');
}
