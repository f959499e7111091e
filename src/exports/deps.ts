import type { Database } from '../db/client.ts';

/** All that the rooms above see of the ground. */
export type ExportDeps = {
  readonly db: Database;
};
