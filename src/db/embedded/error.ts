/** Why the embedded database cannot be used, in a sentence for the operator. The rest is in `cause`. */
export class EmbeddedDatabaseError extends Error {
  override name = 'EmbeddedDatabaseError';
}

/** The system's own code of a failed call, such as `EACCES`; null when there is none. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** What went wrong, without the stack. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The line of PostgreSQL's output that says why a program of it gave up; null when none does. */
export function complaintIn(output: string): string | null {
  const line = output.split('\n').findLast((each) => COMPLAINT.test(each));
  return line?.replace(COMPLAINT, '').trim() ?? null;
}

const COMPLAINT = /^.*?(FATAL|PANIC|initdb: error): +|^.*?(?=error while loading shared libraries)/;
