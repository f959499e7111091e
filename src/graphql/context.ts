import type { Viewer } from '../auth/viewer.ts';
import type { ExportDeps } from '../exports/deps.ts';

/** What every resolver is given. */
export type Context = {
  readonly viewer: Viewer;
  readonly deps: ExportDeps;
};
