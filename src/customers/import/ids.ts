/** Ids of a page, one bit each. */
const PAGE_BITS = 16;

/**
 * A set of 32-bit ids, a bit each: ten million customers numbered in a row take 1.2 MB, and whatever the ids are it
 * is never more than 512 MB.
 */
export function createIdSet(): { readonly add: (id: number) => boolean } {
  const pages = new Map<number, Uint8Array>();
  return {
    /** False when it was there. */
    add(id) {
      const number = id >> PAGE_BITS;
      let page = pages.get(number);
      if (!page) {
        page = new Uint8Array(2 ** PAGE_BITS / 8);
        pages.set(number, page);
      }
      const at = (id & (2 ** PAGE_BITS - 1)) >> 3;
      const bit = 1 << (id & 7);
      const byte = page[at] ?? 0;
      page[at] = byte | bit;
      return (byte & bit) === 0;
    },
  };
}
