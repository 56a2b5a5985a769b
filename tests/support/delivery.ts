/** Everything on its way through the in-memory network waits in such a queue, in the order it was sent. */
import type { Clock } from '../../src/lib/clock.ts';

interface Parcel {
  readonly due: number;
  readonly deliver: () => void;
}

export class Delivery {
  readonly #clock: Clock;
  readonly #parcels: Parcel[] = [];
  #held = false;
  /** How many may pass although deliveries are held. */
  #allowed = 0;
  #running = false;

  /** Milliseconds each parcel takes; those sent earlier are never overtaken. */
  latency = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many are on their way. */
  get waiting(): number {
    return this.#parcels.length;
  }

  /** From now on nothing arrives until it is released. */
  hold(): void {
    this.#held = true;
    this.#allowed = 0;
  }

  /** Lets the next `count` arrive and holds the rest; without a count, stops holding. */
  release(count?: number): void {
    if (count === undefined) this.#held = false;
    else this.#allowed += count;
    this.#run();
  }

  send(deliver: () => void): void {
    this.#parcels.push({ due: this.#clock.now() + this.latency, deliver });
    this.#run();
  }

  #run(): void {
    const next = this.#parcels[0];
    if (this.#running || !next || (this.#held && this.#allowed === 0)) return;
    this.#running = true;
    const wait = next.due - this.#clock.now();
    if (wait > 0) this.#clock.after(wait, () => this.#deliverNext());
    else queueMicrotask(() => this.#deliverNext());
  }

  #deliverNext(): void {
    this.#running = false;
    // It may have been held since this was planned.
    if (this.#held && this.#allowed === 0) return;
    if (this.#held) this.#allowed--;
    const parcel = this.#parcels.shift();
    // The next one is planned first, so that a parcel that throws (a bug under test) does not stop the post.
    this.#run();
    parcel?.deliver();
  }
}
