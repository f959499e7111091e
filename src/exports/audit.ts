import type { Database, Transaction } from '../db/client.ts';
import { audit } from '../db/tables.ts';

export type AuditAction = 'start' | 'cancel' | 'delete' | 'download' | 'complete' | 'fail' | 'expire';

/** From where a request came, as far as the door knows. */
export type Origin = { readonly ip: string | null; readonly userAgent: string | null };

/** Writes down who did what to which export, in the same transaction as the deed. */
export async function recordAudit(
  tx: Database | Transaction,
  entry: {
    readonly actor: string;
    readonly action: AuditAction;
    readonly task: { readonly id: string; readonly brand: string };
    readonly details?: Record<string, unknown>;
  },
): Promise<void> {
  await tx.insert(audit).values({
    actor: entry.actor,
    action: entry.action,
    exportId: entry.task.id,
    brand: entry.task.brand,
    details: entry.details ?? {},
  });
}
