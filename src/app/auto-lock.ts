import type { SecuritySettings } from '../identity/ports.ts';
import type { Clock } from '../lib/clock.ts';
import type { Observable, Subscription } from '../lib/observable.ts';
import type { Attention } from '../presence/ports.ts';

const MINUTE_MS = 60 * 1000;
const MINUTES_PER_HOUR = 60;
/** How long after waking an idle device may go on showing what it showed. */
const LOOK_EVERY_MS = 20 * 1000;

/** Sees whether somebody is at the page, and whether the page can be seen at all. */
export interface Watching extends Attention {
  readonly visible: Observable<boolean>;
}

export interface AutoLockOptions {
  readonly clock: Clock;
  readonly watching: Watching;
  /** Called once. */
  readonly lock: () => void;
  /** Somebody is here, and came in time. */
  readonly onSeen: () => void;
}

/**
 * Locks when nobody has been here for too long, or the page is hidden (VAULT.md V9, V11). Time is taken twice: by a timer, which no
 * clock setting hurries and which stands still while the device sleeps, and by the clock, which tells how long it slept.
 * Whichever is sooner counts, and whoever wakes the device too late finds it locked: their first touch comes too late.
 */
export class AutoLock {
  readonly #options: AutoLockOptions;
  readonly #subscriptions: readonly Subscription[];
  #settings: SecuritySettings;
  #lastSeen: number;
  #idleByTimer = 0;
  #visible = true;
  #cancelTimer: () => void = () => undefined;
  #closed = false;

  constructor(settings: SecuritySettings, options: AutoLockOptions) {
    this.#options = options;
    this.#settings = settings;
    this.#lastSeen = options.clock.now();
    this.#look();
    const { lastActive, visible } = options.watching;
    this.#subscriptions = [
      // Visibility first: coming back into sight is also a sign of somebody, and must not come before the look at the clock.
      visible.subscribe((now) => this.#onVisible(now)),
      lastActive.subscribe((at) => this.#onActive(at)),
    ];
  }

  change(settings: SecuritySettings): void {
    this.#settings = settings;
    this.#lockIfHidden();
    this.#lockIfLate();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#subscriptions.forEach((each) => each.unsubscribe());
  }

  #onActive(at: number): void {
    if (this.#closed || at === this.#lastSeen || this.#lockIfLate()) return;
    this.#lastSeen = this.#options.clock.now();
    this.#idleByTimer = 0;
    this.#options.onSeen();
  }

  #onVisible(visible: boolean): void {
    this.#visible = visible;
    this.#lockIfHidden();
  }

  #look(): void {
    this.#cancelTimer = this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.#idleByTimer += LOOK_EVERY_MS;
      if (!this.#lockIfLate()) this.#look();
    });
  }

  #lockIfHidden(): void {
    if (this.#settings.lockWhenHidden && !this.#visible) this.#lock();
  }

  #lockIfLate(): boolean {
    const idle = Math.max(this.#idleByTimer, this.#options.clock.now() - this.#lastSeen);
    const late = idle >= limitOf(this.#settings);
    if (late) this.#lock();
    return late;
  }

  #lock(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer();
    this.#options.lock();
  }
}

/** A log-in that lasts so many hours has an end while the page is open, too. */
function limitOf({ lockAfterMinutes = Infinity, staysInHours }: SecuritySettings): number {
  const stays = staysInHours === 0 ? Infinity : staysInHours * MINUTES_PER_HOUR;
  return Math.min(lockAfterMinutes, stays) * MINUTE_MS;
}
