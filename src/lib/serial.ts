/** Runs tasks one after another, in the order given; a failed task fails its own promise and nobody else's. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<Value>(task: () => Promise<Value>): Promise<Value> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
