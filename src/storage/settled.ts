/**
 * Values as they were saved last, of those nobody is writing: reading a row in the transaction that rewrites it costs a
 * round trip to the database, which is most of what saving one message costs.
 *
 * One tab owns the account and all its writes pass here. A value that is being written is not known until all who write it
 * are done; those whose transaction fails never are, and from then on the value is read again each time.
 */
export class Settled<Id, Value> {
  readonly #values = new Map<Id, Value | undefined>();
  readonly #writers = new Map<Id, number>();

  /** To be called before each transaction that writes them. Gives what they are, if that is known of all. */
  writing(ids: readonly Id[]): ReadonlyMap<Id, Value | undefined> | undefined {
    const areKnown = ids.every((id) => this.#values.has(id));
    const known = areKnown ? new Map(ids.map((id) => [id, this.#values.get(id)])) : undefined;
    for (const id of ids) {
      this.#values.delete(id);
      this.#writers.set(id, (this.#writers.get(id) ?? 0) + 1);
    }
    return known;
  }

  /** That transaction is saved. `values`: what it left there, undefined for what is gone; those it did not look at are left out. */
  written(ids: readonly Id[], values: ReadonlyMap<Id, Value | undefined>): void {
    for (const id of ids) {
      const others = (this.#writers.get(id) ?? 1) - 1;
      this.#writers.set(id, others);
      if (others === 0 && values.has(id)) this.#values.set(id, values.get(id));
    }
  }
}
