import type { Viewer } from '../auth/viewer.ts';
import type { Origin } from '../exports/audit.ts';
import type { ExportDeps } from '../exports/deps.ts';

/** What every resolver is given. */
export type Context = {
  readonly viewer: Viewer;
  readonly deps: ExportDeps;
  /** From where the request came, for the audit trail. */
  readonly origin: Origin;
  /** Whether errors may name what would have been right: not where introspection is off. */
  readonly suggestions: boolean;
};
