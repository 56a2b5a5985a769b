/** A whole table that is being watched, kept in memory and told of what was saved: see timeline-feed.ts for why. */
import type { Observable } from '../lib/observable.ts';

interface Watcher<Value> {
  readonly next: (values: readonly Value[]) => void;
}

export interface ListFeedOptions<Id, Value> {
  /** Undefined when there is nothing more to tell. */
  readonly load: () => Promise<readonly Value[] | undefined>;
  readonly idOf: (value: Value) => Id;
  readonly inOrder: (a: Value, b: Value) => number;
}

export class ListFeed<Id, Value> {
  readonly #options: ListFeedOptions<Id, Value>;
  readonly #watchers = new Set<Watcher<Value>>();
  /** What was saved since somebody began to watch; undefined for what was deleted. */
  readonly #changed = new Map<Id, Value | undefined>();
  #values: Map<Id, Value> | undefined;

  constructor(options: ListFeedOptions<Id, Value>) {
    this.#options = options;
  }

  /** Everything in the table, in order, now and after every change. */
  watch(): Observable<readonly Value[]> {
    return {
      subscribe: (next, error) => {
        const watcher = { next };
        this.#watchers.add(watcher);
        if (this.#values) next(this.#arranged());
        else this.#load(error);
        return {
          unsubscribe: () => {
            this.#watchers.delete(watcher);
            // Nobody listens, so nobody keeps count of changes: the next to watch asks anew.
            if (this.#watchers.size === 0) this.#forget();
          },
        };
      },
    };
  }

  /** These were saved as they are from now on. */
  changed(values: readonly Value[]): void {
    for (const value of values) this.#note(this.#options.idOf(value), value);
    this.#tell();
  }

  deleted(ids: readonly Id[]): void {
    for (const id of ids) this.#note(id, undefined);
    this.#tell();
  }

  #note(id: Id, value: Value | undefined): void {
    if (this.#watchers.size === 0) return;
    if (!this.#values) this.#changed.set(id, value);
    else if (value === undefined) this.#values.delete(id);
    else this.#values.set(id, value);
  }

  #load(error?: (reason: unknown) => void): void {
    this.#options.load().then(
      (loaded) => {
        if (!loaded || this.#values || this.#watchers.size === 0) return;
        this.#values = new Map(loaded.map((value) => [this.#options.idOf(value), value]));
        for (const [id, value] of this.#changed) this.#note(id, value);
        this.#changed.clear();
        this.#tell();
      },
      (reason: unknown) => error?.(reason),
    );
  }

  #forget(): void {
    this.#values = undefined;
    this.#changed.clear();
  }

  #tell(): void {
    if (!this.#values) return;
    const values = this.#arranged();
    for (const { next } of [...this.#watchers]) next(values);
  }

  #arranged(): readonly Value[] {
    return [...(this.#values?.values() ?? [])].sort(this.#options.inOrder);
  }
}
