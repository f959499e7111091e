import { TransactionRollbackError } from 'drizzle-orm';
import { changeTogether } from '../db/change-together.ts';
import type { Database, Transaction } from '../db/client.ts';
import { audit } from '../db/tables.ts';
import type { ExportTask } from './task.ts';

export type AuditAction = 'start' | 'cancel' | 'delete' | 'download' | 'complete' | 'fail' | 'expire';

/** From where a request came, as far as the door knows. */
export type Origin = { readonly ip: string | null; readonly userAgent: string | null };

export type AuditEntry = {
  readonly actor: string;
  readonly action: AuditAction;
  readonly task: { readonly id: string; readonly brand: string };
  readonly details?: Record<string, unknown>;
};

/** Writes down who did what to which export, in the same transaction as the deed. */
export async function recordAudit(tx: Database | Transaction, entry: AuditEntry): Promise<void> {
  await tx.insert(audit).values({
    actor: entry.actor,
    action: entry.action,
    exportId: entry.task.id,
    brand: entry.task.brand,
    details: entry.details ?? {},
  });
}

/**
 * Changes an export and writes that down: both, or neither when `change` finds nothing to change and gives null.
 * The export's row comes last, so that only the commit follows: nobody waits for it while a process asks for more.
 */
export async function changeAudited(
  db: Database,
  entry: AuditEntry,
  change: (tx: Transaction) => Promise<ExportTask | null>,
): Promise<ExportTask | null> {
  try {
    return await changeTogether(db, async (tx) => {
      await recordAudit(tx, entry);
      return (await change(tx)) ?? tx.rollback();
    });
  } catch (error) {
    if (error instanceof TransactionRollbackError) return null;
    throw error;
  }
}
