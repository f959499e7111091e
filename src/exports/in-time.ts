/** A query that takes longer is given up: the next one may find a connection that works. */
const QUERY_MS = 5_000;

/** What the query finds, or null when it fails or takes too long; `onFault` is told why. */
export async function inTime<T>(query: Promise<T>, onFault: (error: unknown) => void): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer of the database in ${QUERY_MS} ms.`)), QUERY_MS);
  });
  try {
    return await Promise.race([query, late]);
  } catch (error) {
    onFault(error);
    return null;
  } finally {
    clearTimeout(timer);
  }
}
