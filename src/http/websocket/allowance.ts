/**
 * Takes one at a time: true as long as there are not more than `perSecond` in the long run, and `burst` at once. Two
 * numbers, because every socket has one of these.
 */
export function openAllowance(perSecond: number, burst: number): () => boolean {
  let left = burst;
  let since = performance.now();
  return () => {
    const now = performance.now();
    left = Math.min(burst, left + ((now - since) / 1000) * perSecond);
    since = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
