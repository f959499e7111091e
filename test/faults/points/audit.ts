import { changeAudited as change, recordAudit as record } from '../../../src/exports/audit.ts';
import { strike } from './strike.ts';

export type { AuditAction, AuditEntry, Origin } from '../../../src/exports/audit.ts';

/** Stands for `src/exports/audit.ts`: the last statement of a transaction is followed by a fault point. */
export async function recordAudit(...args: Parameters<typeof record>): Promise<void> {
  await record(...args);
  if (args[1].action === 'start') strike('in-start');
}

export function changeAudited(...[db, entry, work]: Parameters<typeof change>): ReturnType<typeof change> {
  return change(db, entry, async (tx) => {
    const changed = await work(tx);
    if (entry.action === 'complete') strike('in-publish');
    return changed;
  });
}
