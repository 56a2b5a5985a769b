/** Which operations had been seen by which: one bit for each pair. */

/** Bits in a word of the table, as a shift. */
const WORD_SHIFT = 5;
const WORD_MASK = 31;
const FIRST_WORDS = 256;

/**
 * Things numbered in an order in which causes come first, and for each the set of all it follows from. Exact, whatever its
 * authors did: a device that signs two things as one makes two branches, and both are here. 10,000 of them take 6 MB, in one
 * table: as many arrays would cost more to make than to fill.
 */
export class CausalPast {
  /** One past after the other, each as long as it can be: a bit for all that come before. */
  #words = new Uint32Array(FIRST_WORDS);
  #length = 0;
  /** Where each past begins. */
  readonly #starts: number[] = [];

  get size(): number {
    return this.#starts.length;
  }

  /** Adds the next: it follows from these, and from all they follow from. Gives its number. */
  add(parents: readonly number[]): number {
    const number = this.#starts.length;
    const start = this.#length;
    this.#length += wordsFor(number);
    if (this.#length > this.#words.length) this.#grow();
    this.#starts.push(start);
    this.#unite(parents, this.#words, start);
    return number;
  }

  /** Whether `later` follows from `earlier`; nothing follows from itself. */
  precedes(earlier: number, later: number): boolean {
    return earlier < later && hasBit(this.#words, this.#starts[later] ?? 0, earlier);
  }

  /** All that these follow from, and these themselves. */
  closure(numbers: readonly number[]): NumberSet {
    const words = new Uint32Array(wordsFor(Math.max(-1, ...numbers) + 1));
    this.#unite(numbers, words, 0);
    return new NumberSet(words);
  }

  #unite(numbers: readonly number[], into: Uint32Array, start: number): void {
    const words = this.#words;
    for (const number of numbers) {
      const from = this.#starts[number] ?? 0;
      const length = wordsFor(number);
      for (let word = 0; word < length; word++) into[start + word] = (into[start + word] ?? 0) | (words[from + word] ?? 0);
      const own = start + (number >>> WORD_SHIFT);
      into[own] = (into[own] ?? 0) | (1 << (number & WORD_MASK));
    }
  }

  #grow(): void {
    const grown = new Uint32Array(Math.max(this.#length, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}

/** Some of the numbered things. */
export class NumberSet {
  readonly #words: Uint32Array;

  constructor(words: Uint32Array) {
    this.#words = words;
  }

  has(number: number): boolean {
    return number >>> WORD_SHIFT < this.#words.length && hasBit(this.#words, 0, number);
  }
}

/** Words for a bit each of this many. */
function wordsFor(count: number): number {
  return (count + WORD_MASK) >>> WORD_SHIFT;
}

function hasBit(words: Uint32Array, start: number, number: number): boolean {
  return (((words[start + (number >>> WORD_SHIFT)] ?? 0) >>> (number & WORD_MASK)) & 1) === 1;
}
