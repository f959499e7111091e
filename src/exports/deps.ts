import type { Logger } from 'pino';
import type { Database, Transaction } from '../db/client.ts';
import type { SpareReaders } from '../db/spare-readers.ts';
import type { Storage } from '../storage/storage.ts';
import type { ExportTask } from './task.ts';
import type { TaskWatch } from './watch.ts';

/** All that the rooms above see of the ground. */
export type ExportDeps = {
  readonly db: Database;
  /** The database itself, for what needs sessions of its own: LISTEN, holds, long reads. */
  readonly databaseUrl: string;
  /** A replica, which the long reads go to instead; null = there is none. */
  readonly readUrl: string | null;
  /** Connections of exports that have been read, for those that are read next. */
  readonly spareReaders: SpareReaders;
  readonly storage: Storage;
  readonly watch: TaskWatch;
  readonly log: Logger;
  /** Calls the workers to a waiting task when `tx` commits. The row is its place in the queue. */
  readonly enqueue: (tx: Transaction, task: ExportTask) => Promise<void>;
  /** Prefix of file URLs, without a slash at the end. */
  readonly publicUrl: string;
  /** Keys that sign file URLs: the first signs, all verify. */
  readonly signingKeys: readonly string[];
  readonly downloadUrlTtlSeconds: number;
  readonly retentionHours: number;
};
