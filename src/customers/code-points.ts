/**
 * Orders texts by code point, as the database does where it orders lists. JavaScript's own order is of UTF-16 units,
 * which puts an emoji before U+FFFD.
 */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [ours, theirs] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (ours !== theirs) return rank(ours) - rank(theirs);
  }
  return a.length - b.length;
}

/** Halves of surrogate pairs stand for what is behind all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
