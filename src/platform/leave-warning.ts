/** Has the browser ask before the page is left, while something flows. A listener that is always there would cost the page its place in the back-forward cache. */
export class LeaveWarning {
  readonly #page: Pick<Window, 'addEventListener' | 'removeEventListener'>;

  constructor(page: Pick<Window, 'addEventListener' | 'removeEventListener'>) {
    this.#page = page;
  }

  /** From now on. May be called again. */
  hold(): void {
    this.#page.addEventListener('beforeunload', this.#ask);
  }

  release(): void {
    this.#page.removeEventListener('beforeunload', this.#ask);
  }

  /** The words of the question are the browser's own (HTML §7.5.10). */
  readonly #ask = (event: Event): void => {
    event.preventDefault();
  };
}
