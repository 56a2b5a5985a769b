/** Random choices that can be made again: each run prints its seed, and PARLEY_SEED replays it. */

export class Seed {
  readonly value: number;
  #state: number;

  constructor(value = Number(process.env['PARLEY_SEED'] ?? Date.now() % 2 ** 31)) {
    this.value = value;
    this.#state = value;
  }

  /** A whole number from `least` to below `limit`. */
  pick(least: number, limit: number): number {
    return least + Math.floor(this.#next() * (limit - least));
  }

  /** mulberry32, a public-domain generator by Tommy Ettinger: 32 bits of state are plenty to pick moments. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
