/** When to try again: full jitter, so that a million browsers do not come back at the same moment. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** `random`: uniform in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds to wait after one more failure: somewhere in [0, min(30 s, 0.5 s × 2^failures)). */
  next(): number {
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures++;
    return this.#random() * ceiling;
  }

  /** The server asked for quiet or misbehaves: at least half of the longest wait. */
  nextAfterRefusal(): number {
    this.#failures = Math.max(this.#failures, Math.ceil(Math.log2(LONGEST_MS / FIRST_MS)));
    return LONGEST_MS / 2 + this.next() / 2;
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Uniform in [0, 1), 32 bits of it. */
export function randomFraction(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
}
