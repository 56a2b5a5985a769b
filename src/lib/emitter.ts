type Events = Record<string, unknown>;
type Listener<Payload> = (payload: Payload) => void;

/** Typed events: past-tense names, one payload each. Every `on` returns its undo. */
export class Emitter<EventMap extends Events> {
  readonly #listeners = new Map<keyof EventMap, Set<Listener<never>>>();

  on<Name extends keyof EventMap>(name: Name, listener: Listener<EventMap[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  emit<Name extends keyof EventMap>(name: Name, payload: EventMap[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) (listener as Listener<EventMap[Name]>)(payload);
  }
}
