import { createSubscriber } from 'svelte/reactivity';

/** The time as screens show it, told again every `step` milliseconds while somebody looks. */
class Now {
  readonly #track: () => void;

  constructor(step: number) {
    this.#track = createSubscriber((update) => {
      const timer = setInterval(update, step);
      return () => {
        clearInterval(timer);
      };
    });
  }

  /** Milliseconds since 1970. */
  get current(): number {
    this.#track();
    return Date.now();
  }
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** For dates in words. */
export const thisMinute = new Now(MINUTE_MS);
/** For counting down. */
export const thisSecond = new Now(SECOND_MS);
