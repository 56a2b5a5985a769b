/** State that can be read over time: a Dexie live query, a link, a presence. Subscribing tells the present value first. */
export interface Observable<Value> {
  subscribe(next: (value: Value) => void, error?: (reason: unknown) => void): Subscription;
}

export interface Subscription {
  unsubscribe(): void;
}

/** A value held in memory that others may watch. */
export class Cell<Value> implements Observable<Value> {
  readonly #watchers = new Set<(value: Value) => void>();
  #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  /** Tells the watchers, unless the value is the very same. */
  set(value: Value): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const watcher of [...this.#watchers]) watcher(value);
  }

  subscribe(next: (value: Value) => void): Subscription {
    // A watcher of its own per subscription, so that the same function may watch twice.
    const watcher = (value: Value): void => {
      next(value);
    };
    this.#watchers.add(watcher);
    next(this.#value);
    return { unsubscribe: () => this.#watchers.delete(watcher) };
  }
}
