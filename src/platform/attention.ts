import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import type { Attention } from '../presence/ports.ts';

/** What a person does at a device. `visibilitychange` counts when the page comes into view. */
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'touchstart', 'wheel', 'visibilitychange'] as const;

/** More often than this tells nobody anything: presence thinks in minutes. */
const TELL_EVERY_MS = 1000;

/** Sees that somebody is at this page. Opening it counts. */
export class Attending implements Attention {
  readonly #page: Document;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #lastActive: Cell<number>;
  readonly #visible: Cell<boolean>;

  constructor(page: Document, clock: Pick<Clock, 'now'>) {
    this.#page = page;
    this.#clock = clock;
    this.#lastActive = new Cell(clock.now());
    this.#visible = new Cell(page.visibilityState !== 'hidden');
    for (const sign of SIGNS) page.addEventListener(sign, this.#notice, { passive: true, capture: true });
  }

  get lastActive(): Observable<number> {
    return this.#lastActive;
  }

  /** False while no part of the page can be seen: another tab is in front, the window is minimised, the screen is off. */
  get visible(): Observable<boolean> {
    return this.#visible;
  }

  close(): void {
    for (const sign of SIGNS) this.#page.removeEventListener(sign, this.#notice, { capture: true });
  }

  readonly #notice = (): void => {
    const visible = this.#page.visibilityState !== 'hidden';
    this.#visible.set(visible);
    if (!visible) return;
    const now = this.#clock.now();
    // A clock set back counts too: the next minute would otherwise look idle.
    if (Math.abs(now - this.#lastActive.value) >= TELL_EVERY_MS) this.#lastActive.set(now);
  };
}
