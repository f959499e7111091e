/** The states of an export task and the moves between them. This file imports nothing. */

export const statuses = [
  'CREATED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELING',
  'CANCELED',
  'EXPIRED',
] as const;
export type Status = (typeof statuses)[number];

/**
 * From each state, the states it may become. RUNNING becomes RUNNING again by a next attempt, after one that failed or
 * whose worker is gone, and CREATED when a stopping worker gives it back.
 */
export const moves: Readonly<Record<Status, readonly Status[]>> = {
  CREATED: ['RUNNING', 'CANCELED'],
  RUNNING: ['RUNNING', 'CREATED', 'COMPLETED', 'FAILED', 'CANCELING'],
  CANCELING: ['CANCELED'],
  COMPLETED: ['EXPIRED'],
  FAILED: [],
  CANCELED: [],
  EXPIRED: [],
};

/** The states that may become `status`: what guards each change of a row. */
export function comingFrom(status: Status): Status[] {
  return statuses.filter((from) => moves[from].includes(status));
}

/** Nothing will happen to the task by itself any more, except that its file expires. */
export function isTerminal(status: Status): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELED' || status === 'EXPIRED';
}

/** The states in which something is still to happen. */
export const unfinished: readonly Status[] = ['CREATED', 'RUNNING', 'CANCELING'];

/** A task is tried this often. */
export const MAX_ATTEMPTS = 3;

export const compressions = ['NONE', 'GZIP', 'ZSTD'] as const;
export type Compression = (typeof compressions)[number];

/** Why a task failed, for machines. */
export const failureCodes = [
  'WORKER_CRASHED',
  'STORAGE_FULL',
  'STORAGE_UNAVAILABLE',
  'DATABASE_UNAVAILABLE',
  'INTERNAL_ERROR',
] as const;
export type FailureCode = (typeof failureCodes)[number];

/** What a caller is told of a failed task. */
export type Failure = {
  readonly code: FailureCode;
  readonly message: string;
  /** Whether the same request under a new downloadRequestId has a chance. */
  readonly retryable: boolean;
};

/** One export task, as its row says. Instants have milliseconds; missing values are null. */
export type ExportTask = {
  readonly id: string;
  readonly brand: string;
  readonly requestedBy: string;
  readonly downloadRequestId: string;
  readonly fingerprint: string;
  /** The filter as understood; `parseCustomerFilter` reads it again. */
  readonly filter: unknown;
  readonly selection: string;
  readonly compression: Compression;
  /** Whose customers the caller might see when it asked; `parseReadScope` reads it. */
  readonly readScope: unknown;
  /** The trace that it is a part of, for `telemetry/spans.ts`. */
  readonly traceparent: string | null;
  readonly status: Status;
  readonly attempt: number;
  readonly returns: number;
  readonly version: number;
  readonly objectCount: number;
  readonly totalObjectCount: number | null;
  /** 0..100; 100 only when COMPLETED. */
  readonly progress: number;
  readonly objectsPerSecond: number | null;
  readonly estimatedCompletionAt: Date | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly transactionTime: Date | null;
  readonly fileKey: string | null;
  readonly fileSize: number | null;
  readonly uncompressedSize: number | null;
  readonly fileSha256: string | null;
  readonly failure: Failure | null;
};

/** Attempts that count against the task: those that an orderly stop gave back do not. */
export function countAttempts(task: Pick<ExportTask, 'attempt' | 'returns'>): number {
  return task.attempt - task.returns;
}

/**
 * Attempts as they are told. One that was given back is taken up again as the same one, and goes on counting while it
 * waits for that: the number never falls.
 */
export function tellAttempts(task: Pick<ExportTask, 'attempt' | 'returns' | 'status'>): number {
  return countAttempts(task) + (task.status === 'CREATED' && task.attempt > 0 ? 1 : 0);
}

/** The next attempt is the last one. */
export function hasOneAttemptLeft(task: Pick<ExportTask, 'attempt' | 'returns'>): boolean {
  return countAttempts(task) === MAX_ATTEMPTS - 1;
}
