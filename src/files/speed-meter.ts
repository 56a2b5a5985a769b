import type { Clock } from '../lib/clock.ts';
import type { Speed } from './file-state.ts';

/** What was before so many milliseconds counts for a third; a screen that jumps cannot be read. */
const CALM_MS = 3_000;
/** Before so long, any guess of what remains is a bad one. */
const GUESS_AFTER_MS = 2_000;
/** Nothing came for so long: nothing flows. */
const STILL_AFTER_MS = 3_000;
const MILLISECONDS = 1_000;
const MINUTE_SECONDS = 60;

/** How fast something flows: bytes over time, both fading alike, so that the first seconds count in full. */
export class SpeedMeter {
  readonly #clock: Clock;
  readonly #calm: number;
  readonly #begun: number;
  #bytes = 0;
  /** Since it was looked at last. */
  #fresh = 0;
  #time = 0;
  #at: number;
  #lastAt = -Infinity;

  /** `calm`: milliseconds after which what was counts for a third. */
  constructor(clock: Clock, calm = CALM_MS) {
    this.#clock = clock;
    this.#calm = calm;
    this.#begun = clock.now();
    this.#at = this.#begun;
  }

  add(bytes: number): void {
    this.#fresh += bytes;
    this.#lastAt = this.#clock.now();
  }

  get flows(): boolean {
    return this.#clock.now() - this.#lastAt < STILL_AFTER_MS;
  }

  /** Bytes per second. */
  rate(): number {
    this.#fade();
    return this.#time === 0 ? 0 : (this.#bytes / this.#time) * MILLISECONDS;
  }

  /** `left`: bytes that are still to come. */
  speed(left: number): Speed {
    const bytesPerSecond = Math.round(this.rate());
    const canTell = bytesPerSecond > 0 && this.#clock.now() - this.#begun >= GUESS_AFTER_MS;
    return { bytesPerSecond, remaining: canTell ? calmly(left / bytesPerSecond) : undefined };
  }

  #fade(): void {
    // Clocks may be set back: then no time has passed.
    const passed = Math.max(0, this.#clock.now() - this.#at);
    if (passed === 0) return;
    this.#at = this.#clock.now();
    const kept = Math.exp(-passed / this.#calm);
    // What came in between came, as far as we know, in the middle of it.
    const halfKept = Math.sqrt(kept);
    this.#bytes = this.#bytes * kept + this.#fresh * halfKept;
    this.#time = this.#time * kept + passed * halfKept;
    this.#fresh = 0;
  }
}

/** Seconds up to a minute, then five at a time. */
function calmly(seconds: number): number {
  return seconds <= MINUTE_SECONDS ? Math.ceil(seconds) : Math.ceil(seconds / 5) * 5;
}
