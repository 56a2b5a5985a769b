/** The state behind the gate, from the first moment on: whether Parley can run here at all, and then who is in. */
import { Cell, type Observable } from '../lib/observable.ts';
import { StoreRefused } from '../storage/store-refused.ts';
import type { Door, Gate } from '../ui/parley.ts';
import { doorBehind } from './door-behind.ts';
import { Reception, type ReceptionOptions } from './reception.ts';

export interface GatehouseOptions extends Omit<ReceptionOptions, keyof Prepared> {
  /** Why Parley cannot run in this browser, if it cannot. */
  readonly impossible: Extract<Gate, { phase: 'impossible' }>['reason'] | undefined;
  /** Looks at what this browser keeps, without the keys. Rejects with `StoreRefused` where it keeps nothing. */
  readonly look: () => Promise<Threshold>;
  /** Loads what is needed to open any account. `unhurried`: the first screen is there already, and comes first. */
  readonly prepare: (how: { readonly unhurried: boolean }) => Promise<Prepared>;
}

export interface Threshold {
  readonly hasAccounts: boolean;
  /** Nobody can be in without being asked: no log-in is kept, and no other tab has an account open. */
  readonly mustAsk: boolean;
}

/** What is loaded while the person looks at the first screen. */
export type Prepared = Pick<ReceptionOptions, 'accounts' | 'open' | 'eraseStores' | 'restore'>;

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
    const { impossible, look, prepare, ...options } = this.#options;
    if (impossible) {
      this.#gate.set({ phase: 'impossible', reason: impossible });
      return;
    }
    try {
      const { hasAccounts, mustAsk } = await look();
      const loading = prepare({ unhurried: mustAsk });
      const reception = loading.then((prepared) => new Reception(this.#gate, { ...options, ...prepared }));
      if (mustAsk) this.#gate.set({ phase: 'outside', hasAccounts, userName: undefined, door: this.#doorOf(reception) });
      await (await reception).arrive();
    } catch (reason) {
      options.troubles.report(reason);
      this.#gate.set({ phase: 'impossible', reason: reason instanceof StoreRefused ? 'storage-refused' : 'too-old' });
    }
  }

  /** What is asked of it before it is there waits for it. */
  #doorOf(reception: Promise<Reception>): Door {
    return doorBehind(reception.then(({ door }) => door));
  }
}
