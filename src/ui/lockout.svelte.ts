import type { Speech } from './speech.svelte.ts';
import { thisSecond } from './now.svelte.ts';
import type { LockedOut } from './parley.ts';

/** Having to wait after too many wrong passwords: counts down while somebody looks. */
export class Lockout {
  #until = $state.raw(0);
  readonly #speech: Speech;

  constructor(speech: Speech) {
    this.#speech = speech;
  }

  begin(failure: LockedOut): void {
    this.#until = failure.until;
  }

  /** Milliseconds until another try is allowed; 0 when it is. */
  get left(): number {
    return this.#until === 0 ? 0 : Math.max(this.#until - thisSecond.current, 0);
  }

  /** In steps that are not read aloud every second. */
  get sentence(): string | undefined {
    const { words, format } = this.#speech;
    return this.left > 0 ? words.logIn.lockedOut(format.duration(this.left)) : undefined;
  }
}
