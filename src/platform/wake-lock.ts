/** Keeps the screen, and with it the device, awake while files flow (W3C Screen Wake Lock). */
export class ScreenWake {
  readonly #locks: Pick<WakeLock, 'request'> | undefined;
  readonly #page: Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'>;
  #isHeld = false;
  #lock: WakeLockSentinel | undefined;
  #isAsking = false;

  /** `locks`: undefined where the browser has none; then nothing happens. */
  constructor(
    locks: Pick<WakeLock, 'request'> | undefined,
    page: Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'>,
  ) {
    this.#locks = locks;
    this.#page = page;
  }

  /** From now on. May be called again. */
  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#page.addEventListener('visibilitychange', this.#ask);
    this.#ask();
  }

  release(): void {
    this.#isHeld = false;
    this.#page.removeEventListener('visibilitychange', this.#ask);
    this.#letGo();
  }

  /** The browser takes the lock away when the page goes out of sight, and gives it to none that cannot be seen. */
  readonly #ask = (): void => {
    const isAwake = this.#lock?.released === false;
    if (!this.#locks || isAwake || this.#isAsking || this.#page.visibilityState !== 'visible') return;
    this.#isAsking = true;
    this.#locks
      .request('screen')
      .then(
        (lock) => {
          this.#lock = lock;
          if (!this.#isHeld) this.#letGo();
        },
        // Refused to save power: the transfer goes on when the device wakes up.
        () => undefined,
      )
      .finally(() => (this.#isAsking = false));
  };

  #letGo(): void {
    // Refused only when it is gone already.
    this.#lock?.release().catch(() => undefined);
    this.#lock = undefined;
  }
}
