/**
 * Who is in, and how one gets in and out: the state behind the gate. One account is open in one tab at a time; going in
 * takes the tab lock and opens the account, going out closes it and lets go, in that order and whatever happens between.
 */
import type { Accounts } from '../identity/accounts.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { TabClaim, TabLock } from '../platform/tab-lock.ts';
import { StoreRefused } from '../storage/store-refused.ts';
import type { Door, Gate, Home, StorageFailure } from '../ui/parley.ts';
import type { OpenAccount } from './open-account.ts';
import type { Troubles } from './troubles.ts';

export interface GatehouseOptions {
  /** Why Parley cannot run in this browser, if it cannot. */
  readonly impossible: Extract<Gate, { phase: 'impossible' }>['reason'] | undefined;
  /** Loads what is needed to open any account. Rejects with `StoreRefused` where the browser keeps nothing. */
  readonly prepare: () => Promise<Accounts>;
  readonly open: (vault: OpenVault, leave: Pick<Home, 'lock' | 'logOut'>) => Promise<OpenAccount>;
  readonly tabs: TabLock;
  /** Somebody is in. */
  readonly entered: () => void;
  readonly troubles: Troubles;
}

interface Inside {
  readonly account: OpenAccount;
  readonly claim: TabClaim;
}

export class Gatehouse {
  readonly #options: GatehouseOptions;
  readonly #gate = new Cell<Gate>({ phase: 'starting' });
  #inside: Inside | undefined;

  constructor(options: GatehouseOptions) {
    this.#options = options;
  }

  get gate(): Observable<Gate> {
    return this.#gate;
  }

  /** Opens the door, or says why there is none. */
  async start(): Promise<void> {
    const { impossible, prepare, tabs } = this.#options;
    if (impossible) {
      this.#gate.set({ phase: 'impossible', reason: impossible });
      return;
    }
    try {
      const accounts = await prepare();
      const held = await tabs.held();
      if (held === undefined) await this.#waitOutside(accounts, undefined);
      else this.#pointElsewhere(accounts, held);
    } catch (reason) {
      this.#options.troubles.report(reason);
      this.#gate.set({ phase: 'impossible', reason: reason instanceof StoreRefused ? 'storage-refused' : 'too-old' });
    }
  }

  async #waitOutside(accounts: Accounts, userName: string | undefined): Promise<void> {
    const hasAccounts = (await accounts.count()) > 0;
    this.#gate.set({ phase: 'outside', hasAccounts, userName, door: this.#door(accounts) });
  }

  /** Another tab has an account open: said before anybody types a password in vain. */
  #pointElsewhere(accounts: Accounts, account: string): void {
    this.#gate.set({
      phase: 'elsewhere',
      useHere: () => {
        this.#gate.set({ phase: 'starting' });
        this.#unexpectedly(async () => {
          const claim = await this.#options.tabs.takeOver(account, () => Promise.resolve());
          claim.release();
          await this.#waitOutside(accounts, undefined);
        });
      },
      back: () => this.#unexpectedly(() => this.#waitOutside(accounts, undefined)),
    });
  }

  #door(accounts: Accounts): Door {
    return {
      checkName: (userName) => accounts.checkName(userName),
      strengthOf: (password, userName) => accounts.strengthOf(password, userName),
      register: async (userName, password) => {
        const pending = await accounts.register(userName, password);
        if (!pending.ok) return pending;
        const registration = pending.value;
        return succeed({
          words: registration.words,
          finish: () => this.#orStorageFailure(async () => this.#goIn(accounts, await registration.finish())),
        });
      },
      logIn: async (userName, password) => {
        const opened = await accounts.open(userName, password);
        if (!opened.ok) return opened;
        const entered = await this.#orStorageFailure(() => this.#goIn(accounts, opened.value));
        if (!entered.ok) this.#options.troubles.report(new StoreRefused(entered.failure.kind));
        return succeed(undefined);
      },
    };
  }

  async #goIn(accounts: Accounts, vault: OpenVault): Promise<void> {
    const { tabs } = this.#options;
    const giveUp = (): Promise<void> => this.#giveUp(accounts, vault.userName);
    const claim = await tabs.take(vault.database, giveUp);
    if (claim) {
      await this.#enter(accounts, vault, claim);
      return;
    }
    this.#gate.set({
      phase: 'elsewhere',
      useHere: () => {
        this.#gate.set({ phase: 'starting' });
        this.#unexpectedly(async () => this.#enter(accounts, vault, await tabs.takeOver(vault.database, giveUp)));
      },
      back: () => {
        vault.close();
        this.#unexpectedly(() => this.#waitOutside(accounts, undefined));
      },
    });
  }

  async #enter(accounts: Accounts, vault: OpenVault, claim: TabClaim): Promise<void> {
    const { userName } = vault;
    try {
      const account = await this.#options.open(vault, {
        lock: () => this.#goOut(accounts, userName),
        logOut: () => this.#goOut(accounts, undefined),
      });
      this.#inside = { account, claim };
      this.#gate.set({ phase: 'inside', home: account.home });
      this.#options.entered();
    } catch (reason) {
      vault.close();
      claim.release();
      await this.#waitOutside(accounts, userName);
      throw reason;
    }
  }

  async #goOut(accounts: Accounts, userName: string | undefined): Promise<void> {
    await this.#closeInside();
    await this.#waitOutside(accounts, userName);
  }

  /** Another tab takes the account: this one closes it and says where it went. */
  async #giveUp(accounts: Accounts, userName: string): Promise<void> {
    const outside = (name: string | undefined) => () => this.#unexpectedly(() => this.#waitOutside(accounts, name));
    await this.#closeInside();
    this.#gate.set({ phase: 'elsewhere', useHere: outside(userName), back: outside(undefined) });
  }

  async #closeInside(): Promise<void> {
    const inside = this.#inside;
    if (!inside) return;
    this.#inside = undefined;
    // The screens let go of the stores before they are closed.
    this.#gate.set({ phase: 'starting' });
    try {
      await inside.account.close();
    } finally {
      inside.claim.release();
    }
  }

  async #orStorageFailure(step: () => Promise<void>): Promise<Result<undefined, StorageFailure>> {
    try {
      await step();
      return succeed(undefined);
    } catch (reason) {
      if (reason instanceof StoreRefused) return fail({ kind: reason.kind });
      throw reason;
    }
  }

  #unexpectedly(step: () => Promise<void>): void {
    step().catch((reason: unknown) => this.#options.troubles.report(reason));
  }
}
