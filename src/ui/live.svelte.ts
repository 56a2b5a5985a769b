import { createSubscriber } from 'svelte/reactivity';
import type { Observable } from '../lib/observable.ts';

/**
 * Reads an observable as rune state: subscribed only while an effect or a template reads `current`.
 *
 * Outside of those `current` is what was told last. A failing source throws where it is read, for the nearest
 * `<svelte:boundary>`. `meanwhile` stands in until the source has spoken.
 */
export class Live<Value> {
  #value: Value | undefined;
  #failure: { readonly reason: unknown } | undefined;
  readonly #track: () => void;

  constructor(source: Observable<Value>, meanwhile?: Value) {
    this.#value = meanwhile;
    this.#track = createSubscriber((update) => {
      // What is told while subscribing is read right after it by the one who asked: no update needed, nor allowed.
      let subscribing = true;
      const tell = (): void => {
        if (!subscribing) update();
      };
      const subscription = source.subscribe(
        (value) => {
          this.#value = value;
          this.#failure = undefined;
          tell();
        },
        (reason) => {
          this.#failure = { reason };
          tell();
        },
      );
      subscribing = false;
      return () => {
        subscription.unsubscribe();
      };
    });
  }

  get current(): Value | undefined {
    this.#track();
    if (this.#failure) throw asError(this.#failure.reason);
    return this.#value;
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
