import { recordAudit as record } from '../../../src/exports/audit.ts';
import { strike } from './strike.ts';

export type { AuditAction, Origin } from '../../../src/exports/audit.ts';

/** Stands for `src/exports/audit.ts`: the last statement of a transaction is followed by a fault point. */
export async function recordAudit(...args: Parameters<typeof record>): Promise<void> {
  await record(...args);
  const [, { action }] = args;
  if (action === 'start') strike('in-start');
  if (action === 'complete') strike('in-publish');
}
