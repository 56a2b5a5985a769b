/**
 * Something shown while the database saves it. Saving is the database's work and drawing is ours, so they need not wait for each
 * other; should the database refuse after all, what was shown is taken back.
 */
export class EarlyShowing {
  readonly #show: () => void;
  readonly #takeBack: () => void;
  #state: 'due' | 'shown' | 'refused' = 'due';

  constructor(show: () => void, takeBack: () => void) {
    this.#show = show;
    this.#takeBack = takeBack;
  }

  /** Shows it, unless that was done or it was refused. */
  show(): void {
    if (this.#state !== 'due') return;
    this.#state = 'shown';
    this.#show();
  }

  /** It will not be saved. */
  refuse(): void {
    const wasShown = this.#state === 'shown';
    this.#state = 'refused';
    if (wasShown) this.#takeBack();
  }
}
