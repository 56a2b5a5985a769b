/** How long to wait before trying again: twice as long each time, with jitter, so that two ends do not march in step. */
import { randomBytes } from '../crypto/random.ts';

const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;

export class Backoff {
  #failures = 0;

  /** Counts a failure and says how many milliseconds to wait: the first time hardly any, for most failures are over at once. */
  next(): number {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    const [random = 0] = randomBytes(1);
    return Math.round((longest / 2) * (1 + random / 255));
  }

  reset(): void {
    this.#failures = 0;
  }
}
