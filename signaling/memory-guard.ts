import { totalmem } from 'node:os';
import type { Clock } from '../src/lib/clock.ts';

const MIB = 1024 * 1024;
/** What is left over is for the sockets that are already here. */
const SHARE = 0.85;
/** Asking the kernel costs microseconds; a flood of connects should not ask for each. */
const ASK_EVERY_MS = 1000;

/** Knows whether the process holds more memory than it should. */
export class MemoryGuard {
  readonly #limit: number;
  readonly #clock: Clock;
  #askedAt = Number.NEGATIVE_INFINITY;
  #held = 0;

  /** `maxMib` 0: a share of what the machine or the container has. */
  constructor(maxMib: number, clock: Clock) {
    this.#limit = maxMib > 0 ? maxMib * MIB : SHARE * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
    this.#clock = clock;
  }

  get full(): boolean {
    const now = this.#clock.now();
    if (Math.abs(now - this.#askedAt) >= ASK_EVERY_MS) {
      this.#askedAt = now;
      this.#held = process.memoryUsage.rss();
    }
    return this.#held > this.#limit;
  }
}
