/** The state behind the gate, from the first moment on: whether Parley can run here at all, and then who is in. */
import { Cell, type Observable } from '../lib/observable.ts';
import { StoreRefused } from '../storage/store-refused.ts';
import type { Gate } from '../ui/parley.ts';
import { Reception, type ReceptionOptions } from './reception.ts';

export interface GatehouseOptions extends Omit<ReceptionOptions, keyof Prepared> {
  /** Why Parley cannot run in this browser, if it cannot. */
  readonly impossible: Extract<Gate, { phase: 'impossible' }>['reason'] | undefined;
  /** Loads what is needed to open any account. Rejects with `StoreRefused` where the browser keeps nothing. */
  readonly prepare: () => Promise<Prepared>;
}

/** What needs the browser's storage. */
export type Prepared = Pick<ReceptionOptions, 'accounts' | 'restore'>;

export class Gatehouse {
  readonly #options: GatehouseOptions;
  readonly #gate = new Cell<Gate>({ phase: 'starting' });

  constructor(options: GatehouseOptions) {
    this.#options = options;
  }

  get gate(): Observable<Gate> {
    return this.#gate;
  }

  /** Goes in where a log-in was kept, opens the door, or says why there is none. */
  async start(): Promise<void> {
    const { impossible, prepare, ...options } = this.#options;
    if (impossible) {
      this.#gate.set({ phase: 'impossible', reason: impossible });
      return;
    }
    try {
      const reception = new Reception(this.#gate, { ...options, ...(await prepare()) });
      await reception.arrive();
    } catch (reason) {
      options.troubles.report(reason);
      this.#gate.set({ phase: 'impossible', reason: reason instanceof StoreRefused ? 'storage-refused' : 'too-old' });
    }
  }
}
