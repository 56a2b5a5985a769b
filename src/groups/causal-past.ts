/** Which operations had been seen by which: one bit for each pair. */

const BITS = 32;

/**
 * Things numbered in an order in which causes come first, and for each the set of all it follows from. Exact, whatever its
 * authors did: a device that signs two things as one makes two branches, and both are here. 10,000 of them take 6 MB.
 */
export class CausalPast {
  readonly #pasts: Uint32Array[] = [];

  get size(): number {
    return this.#pasts.length;
  }

  /** Adds the next: it follows from these, and from all they follow from. Gives its number. */
  add(parents: readonly number[]): number {
    const past = this.#union(parents);
    this.#pasts.push(past);
    return this.#pasts.length - 1;
  }

  /** Whether `later` follows from `earlier`; nothing follows from itself. */
  precedes(earlier: number, later: number): boolean {
    return isSet(this.#pasts[later], earlier);
  }

  /** All that these follow from, and these themselves. */
  closure(numbers: readonly number[]): NumberSet {
    return new NumberSet(this.#union(numbers));
  }

  #union(numbers: readonly number[]): Uint32Array {
    const highest = numbers.reduce((max, number) => Math.max(max, number), -1);
    const union = new Uint32Array(Math.ceil((highest + 1) / BITS));
    for (const number of numbers) {
      const past = this.#pasts[number];
      if (past) for (let word = 0; word < past.length; word++) union[word] = (union[word] ?? 0) | (past[word] ?? 0);
      union[number >>> 5] = (union[number >>> 5] ?? 0) | (1 << (number & 31));
    }
    return union;
  }
}

/** Some of the numbered things. */
export class NumberSet {
  readonly #words: Uint32Array;

  constructor(words: Uint32Array) {
    this.#words = words;
  }

  has(number: number): boolean {
    return isSet(this.#words, number);
  }
}

function isSet(words: Uint32Array | undefined, number: number): boolean {
  return (((words?.[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;
}
