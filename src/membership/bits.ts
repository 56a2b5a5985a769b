/** Small sets of places in a list, one bit each: compared a word at a time. */

const WORD_SHIFT = 5;
const WORD_MASK = 31;

/** The places of the items for which this is so. */
export function bitsWhere<Item>(items: readonly Item[], isSo: (item: Item) => boolean): Uint32Array {
  const bits = new Uint32Array((items.length + WORD_MASK) >>> WORD_SHIFT);
  for (const [place, item] of items.entries()) {
    if (isSo(item)) bits[place >>> WORD_SHIFT] = (bits[place >>> WORD_SHIFT] ?? 0) | (1 << (place & WORD_MASK));
  }
  return bits;
}

/** Whether all of the part is in the whole; both are of the same list. From the end: what came last is what most often lacks. */
export function isSubset(part: Uint32Array, whole: Uint32Array): boolean {
  for (let word = part.length - 1; word >= 0; word--) if (((part[word] ?? 0) & ~(whole[word] ?? 0)) !== 0) return false;
  return true;
}
