/** What calls write, one after another: into the store, the talk of two and the logs of groups. */
import { Serial } from '../lib/serial.ts';

export class Writing {
  readonly #serial = new Serial();
  readonly #troubled: (reason: unknown) => void;

  constructor(troubled: (reason: unknown) => void) {
    this.#troubled = troubled;
  }

  run<Value>(task: () => Promise<Value>): Promise<Value> {
    return this.#serial.run(task);
  }

  /** For who has nothing to wait for: what goes wrong is told as trouble. */
  soon<Value>(task: () => Promise<Value>, then?: (value: Value) => void): void {
    this.run(task).then(then, this.#troubled);
  }

  /** Everything asked for until now has been written, or failed. */
  done(): Promise<void> {
    return this.run(() => Promise.resolve());
  }
}
