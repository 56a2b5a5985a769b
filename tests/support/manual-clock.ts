/** Time that stands still until a test moves it. */
import type { Clock } from '../../src/lib/clock.ts';

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

/** 1 January 2026, 00:00 UTC. */
const START = 1_767_225_600_000;

/** Turns of the event loop after which everything that depends on no timer has run, with room to spare. */
const SETTLE_TURNS = 20;

/** Turns after which a condition that does not come true never will. */
const PATIENCE_TURNS = 2_000;

export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  /** What the device believes at the beginning, and by how much its belief has been changed since. */
  #believed: number;
  /** Time that really passed: timers run on it. */
  #passed = 0;

  constructor(now = START) {
    this.#believed = now;
  }

  now(): number {
    return this.#believed + this.#passed;
  }

  after(delay: number, action: () => void): () => void {
    const timer = { due: this.#passed + Math.max(0, delay), action };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** How many timers are set: a closed thing leaves none behind. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Moves time on by `milliseconds`, running what falls due in order and letting its consequences settle in between. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#passed + milliseconds;
    await this.settle();
    for (let timer = this.#nextUpTo(end); timer; timer = this.#nextUpTo(end)) {
      this.#timers.delete(timer);
      this.#passed = Math.max(this.#passed, timer.due);
      timer.action();
      await this.settle();
    }
    this.#passed = end;
  }

  /** The device slept, or somebody set its clock: the time is another, and no timer is any nearer. */
  jump(milliseconds: number): void {
    this.#believed += milliseconds;
  }

  /** Lets everything run that waits for no timer. */
  async settle(turns = SETTLE_TURNS): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await nextTurn();
  }

  /** Lets things run, without moving time, until `condition` holds; rejects when it never does. */
  async until(condition: () => boolean, what = 'the condition'): Promise<void> {
    for (let turn = 0; turn < PATIENCE_TURNS; turn++) {
      if (condition()) return;
      await nextTurn();
    }
    throw new Error(`Waited in vain for ${what}`);
  }

  #nextUpTo(end: number): Timer | undefined {
    let next: Timer | undefined;
    // Insertion order decides between timers due at the same time.
    for (const timer of this.#timers) if (timer.due <= end && (!next || timer.due < next.due)) next = timer;
    return next;
  }
}

/** Promises, the stores' own turns and whatever they lead to. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
