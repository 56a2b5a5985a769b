/** A bound on how often something may happen: so many at once, then so many a second. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: number;

  constructor(limit: { readonly capacity: number; readonly perSecond: number }, now: number) {
    this.#capacity = limit.capacity;
    this.#perSecond = limit.perSecond;
    this.#tokens = limit.capacity;
    this.#filledAt = now;
  }

  /** True and one less, or false when there is none left. A clock that went back fills nothing. */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Milliseconds until there is one to take. */
  wait(now: number): number {
    this.#fill(now);
    return Math.ceil((Math.max(0, 1 - this.#tokens) * 1000) / this.#perSecond);
  }

  #fill(now: number): void {
    const elapsed = Math.max(0, now - this.#filledAt) / 1000;
    this.#tokens = Math.min(this.#capacity, this.#tokens + elapsed * this.#perSecond);
    this.#filledAt = now;
  }
}
