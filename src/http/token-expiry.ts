import type { Viewer } from '../auth/viewer.ts';

/** The longest delay that a timer takes, 24 days; what lasts longer ends then, and its client may come back. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls `end` when the caller's token expires, unless the returned function is called before. */
export function onExpiry({ expiresAt }: Viewer, end: () => void): () => void {
  if (expiresAt === null) return () => {};
  const ms = Math.min(Math.max(0, expiresAt.getTime() - Date.now()), LONGEST_MS);
  const timer = setTimeout(end, ms);
  return () => clearTimeout(timer);
}
