import { createSubscriber } from 'svelte/reactivity';

/** Whether somebody is looking at this very window. */
class WindowAttention {
  readonly #track = createSubscriber((update) => {
    addEventListener('focus', update);
    addEventListener('blur', update);
    document.addEventListener('visibilitychange', update);
    return () => {
      removeEventListener('focus', update);
      removeEventListener('blur', update);
      document.removeEventListener('visibilitychange', update);
    };
  });

  get isHere(): boolean {
    this.#track();
    return document.visibilityState === 'visible' && document.hasFocus();
  }
}

export const attention = new WindowAttention();
