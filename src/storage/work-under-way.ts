/**
 * Transactions that have begun. They read, open and seal rows to their end, and a browser lets them end even when the database
 * is being closed: so the keys live as long as they do, and no moment longer.
 */
import { StoreRefused } from './store-refused.ts';

export class WorkUnderWay {
  #running = 0;
  #atTheEnd: (() => void) | undefined;

  /** Does the work, unless the end was called for. */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#atTheEnd) throw new StoreRefused('storage-refused');
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
      this.#endIfDone();
    }
  }

  /** Nothing new is begun; `last` is called once what has begun is over, which may be at once. The first caller's counts. */
  end(last: () => void): void {
    if (this.#atTheEnd) return;
    this.#atTheEnd = last;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#running === 0) this.#atTheEnd?.();
  }
}
