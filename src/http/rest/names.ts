/** Finds the one of these names that is meant, whatever its case; null for none. */
export function nameFinder(names: readonly string[]): (given: string) => string | null {
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));
  return (given) => byLowerCase.get(given.toLowerCase()) ?? null;
}
