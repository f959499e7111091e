/** Beginnings of names that are ours alone: an unknown name with one of them is a mistake for certain. */
const ownPrefixes = ['EXPORT_', 'JWT_', 'DOWNLOAD_URL_', 'URL_SIGNING_', 'ALLOWED_ORIGIN', 'GRAPHIQL_'];
/** Shorter names have too many neighbours that mean something else: POST, HOSTS, ROLE. */
const SHORTEST = 8;

/**
 * Finds variables that look like a setting and are none, a sentence each.
 * Names of other programs are left alone: outside our own prefixes only a near miss counts, and only
 * while the setting that it resembles is not set.
 */
export function findMisspelt(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): string[] {
  return Object.keys(env)
    .filter((name) => env[name]?.trim() && !known.includes(name))
    .flatMap((name) => {
      const nearest = findNearest(name, known);
      const ours = ownPrefixes.find((prefix) => name.startsWith(prefix));
      if (nearest && (ours || !env[nearest]?.trim())) {
        return [`${name} is not a setting. Did you mean ${nearest}?`];
      }
      const siblings = known.filter((other) => ours && other.startsWith(ours));
      return siblings.length > 0 ? [`${name} is not a setting. There are ${siblings.join(', ')}.`] : [];
    });
}

function findNearest(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .filter((other) => other.length >= SHORTEST && Math.abs(other.length - name.length) <= 2)
    .map((other) => ({ other, distance: countEdits(name.toUpperCase(), other) }))
    .filter(({ other, distance }) => distance <= (other.length < 10 ? 1 : 2))
    .sort((a, b) => a.distance - b.distance);
  return nearest?.other;
}

/** Letters to add, drop, change or swap with their neighbour to get from one name to the other. */
function countEdits(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? Number.POSITIVE_INFINITY) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
