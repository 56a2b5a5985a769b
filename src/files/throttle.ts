import type { Clock } from '../lib/clock.ts';

/** Does something soon after it is asked for, and at most once in a while; asked for in between, once more at the end. */
export class Throttle {
  readonly #clock: Clock;
  readonly #pause: number;
  readonly #action: () => void;
  #doneAt = -Infinity;
  #cancel: (() => void) | undefined;

  /** `pause`: milliseconds between two times. */
  constructor(clock: Clock, pause: number, action: () => void) {
    this.#clock = clock;
    this.#pause = pause;
    this.#action = action;
  }

  soon(): void {
    const passed = this.#clock.now() - this.#doneAt;
    this.#cancel ??= this.#clock.after(Math.min(this.#pause, Math.max(0, this.#pause - passed)), () => {
      this.#cancel = undefined;
      this.#doneAt = this.#clock.now();
      this.#action();
    });
  }

  close(): void {
    this.#cancel?.();
  }
}
