/** `/Date(1640995200000)/`, or with the offset of whoever wrote it; slashes may still be escaped. */
const legacyDate = /^\\?\/Date\((-?\d{1,16})(?:[+-](?:0\d|1[0-4])[0-5]\d)?\)\\?\/$/;

/**
 * Reads a date of the old JSON, milliseconds since 1970 in UTC, as RFC 3339.
 * The offset only tells where the writer stood, and `-0000` that he did not say: the instant is the same.
 * Any other text comes back as it is, for the filter to judge.
 */
export function readLegacyDate(text: string): string {
  const milliseconds = legacyDate.exec(text.trim())?.[1];
  if (milliseconds === undefined) return text;
  const instant = new Date(Number(milliseconds));
  return Number.isNaN(instant.getTime()) ? text : instant.toISOString();
}
