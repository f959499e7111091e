import { setTimeout as delay } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

/** How long a connection waits for its lock, in ms: this long a change of the table keeps everybody else waiting. */
export const LOCK_MS = 500;
/** So half a minute, beside the waiting itself; then the attempt fails for a passing reason. */
const TRIES = 60;

/** A connection that runs what it is given, one after the other. */
type Runner = { readonly read: (statement: SQL) => Promise<unknown> };

const begin = sql`begin isolation level repeatable read read only`;

/**
 * Begins a transaction on each connection and locks the tables in it against being altered, before anything is read.
 *
 * All get the lock or none keeps it: when an ALTER TABLE comes in between two of them, it waits for the one that has it
 * and the other one waits for the ALTER TABLE, for ever, because the server cannot know that both are ours.
 * @throws the error of a connection; that of the lock when it could not be had in all the tries.
 */
export async function lockTogether(
  readers: readonly Runner[],
  tables: readonly PgTable[],
  signal: AbortSignal,
): Promise<void> {
  const lock = sql`lock table ${sql.join([...tables], sql`, `)} in access share mode`;
  const beginLocked = async ({ read }: Runner) => {
    await read(begin);
    if (tables.length > 0) await read(lock);
  };
  for (let tries = 1; ; tries++) {
    const outcomes = await Promise.allSettled(readers.map(beginLocked));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
    if (refused.length === 0) return;
    const fault = refused.find((reason) => !isLockTimeout(reason));
    if (fault !== undefined || tries === TRIES) throw fault ?? refused[0];
    await Promise.all(readers.map(({ read }) => read(sql`rollback`)));
    await delay(Math.random() * 100, undefined, { signal });
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}
