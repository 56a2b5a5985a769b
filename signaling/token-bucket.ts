import type { Clock } from '../src/lib/clock.ts';

export interface Rate {
  readonly perSecond: number;
  /** How many at once, after a rest. */
  readonly burst: number;
}

/** Lets through `burst` at once and `perSecond` in the long run. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #clock: Clock;
  #tokens: number;
  #filledAt: number;

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
    this.#tokens = rate.burst;
    this.#filledAt = clock.now();
  }

  /** Takes `count` tokens if they are there. More than a whole burst counts as a burst, so that nothing allowed waits for ever. */
  take(count = 1): boolean {
    this.#fill();
    const wanted = Math.min(count, this.#rate.burst);
    if (this.#tokens < wanted) return false;
    this.#tokens -= wanted;
    return true;
  }

  /** Milliseconds until there is a token again. */
  waitMs(): number {
    this.#fill();
    return Math.ceil((Math.max(0, 1 - this.#tokens) / this.#rate.perSecond) * 1000);
  }

  get full(): boolean {
    this.#fill();
    return this.#tokens >= this.#rate.burst;
  }

  #fill(): void {
    const now = this.#clock.now();
    // The clock may be set back: no time has passed then.
    const passed = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + (passed / 1000) * this.#rate.perSecond);
  }
}
