/**
 * How one gets in and out. One account is open in one tab at a time; going in takes the tab lock and opens the account,
 * going out closes it and lets go, in that order and whatever happens between. Locking, logging out and deleting are told
 * to all other tabs: none of them keeps what opens the account (VAULT.md V11).
 */
import type { Accounts } from '../identity/accounts.ts';
import type { OpenVault } from '../identity/open-vault.ts';
import type { Cell } from '../lib/observable.ts';
import type { TabClaim, TabLock } from '../platform/tab-lock.ts';
import type { TabNews } from '../platform/tab-news.ts';
import type { Door, Gate } from '../ui/parley.ts';
import { createDoor, type Passage } from './door.ts';
import type { Leaving } from './leaving.ts';
import type { OpenAccount } from './open-account.ts';
import type { Troubles } from './troubles.ts';

export interface ReceptionOptions {
  readonly accounts: Accounts;
  readonly open: (vault: OpenVault, accounts: Accounts, leave: Leaving) => Promise<OpenAccount>;
  /** Deletes an account's database with everything in it. */
  readonly eraseStores: (database: string) => Promise<void>;
  /** Reads a backup into this browser. */
  readonly restore: Passage['restore'];
  readonly tabs: TabLock;
  readonly openNews: (onShut: (account: string) => void) => TabNews;
  /** Somebody is in. */
  readonly entered: () => void;
  readonly troubles: Troubles;
}

/** An account on its way in, or in. */
interface Stay {
  readonly vault: OpenVault;
  readonly claim: TabClaim;
  readonly opening: Promise<OpenAccount>;
}

/** An account that is open in another tab, and what this tab holds of it. */
interface Elsewhere {
  readonly database: string;
  /** Undefined when this tab never had it open. */
  readonly userName: string | undefined;
  /** Undefined when this tab does not have its key. */
  readonly vault: OpenVault | undefined;
}

export class Reception {
  readonly #gate: Cell<Gate>;
  readonly #options: ReceptionOptions;
  readonly #accounts: Accounts;
  readonly #news: TabNews;
  /** The ways in; the same whenever somebody stands outside. */
  readonly door: Door;
  #stay: Stay | undefined;
  #elsewhere: Elsewhere | undefined;

  constructor(gate: Cell<Gate>, options: ReceptionOptions) {
    this.#gate = gate;
    this.#options = options;
    this.#accounts = options.accounts;
    this.door = createDoor(this.#accounts, {
      goIn: (vault) => this.#goIn(vault),
      erase: (database) => this.#erase(database),
      restore: options.restore,
      troubles: options.troubles,
    });
    this.#news = options.openNews((account) => this.#unexpectedly(() => this.#hearShut(account)));
  }

  /** Goes in with a log-in that was kept, says where the account is open, or waits at the door. */
  async arrive(): Promise<void> {
    const held = await this.#options.tabs.held();
    for (const database of await this.#accounts.kept()) {
      if (database !== held && (await this.#comeBack(database))) return;
    }
    if (held === undefined) await this.#waitOutside(undefined);
    else this.#pointElsewhere({ database: held, userName: undefined, vault: undefined });
  }

  async #comeBack(database: string): Promise<boolean> {
    const claim = await this.#take(database);
    const vault = claim && (await this.#accounts.resume(database));
    if (vault) await this.#enter(vault, claim);
    else claim?.release();
    return vault !== undefined;
  }

  async #waitOutside(userName: string | undefined): Promise<void> {
    const hasAccounts = (await this.#accounts.count()) > 0;
    this.#gate.set({ phase: 'outside', hasAccounts, userName, door: this.door });
  }

  async #goIn(vault: OpenVault): Promise<void> {
    const { database, userName } = vault;
    const claim = await this.#take(database);
    if (claim) await this.#enter(vault, claim);
    else this.#pointElsewhere({ database, userName, vault });
  }

  #take(database: string): Promise<TabClaim | undefined> {
    return this.#options.tabs.take(database, () => this.#giveUp());
  }

  async #enter(vault: OpenVault, claim: TabClaim): Promise<void> {
    const { userName, database } = vault;
    const opening = this.#options.open(vault, this.#accounts, {
      lock: () => this.#shut(userName),
      logOut: () => this.#shut(undefined),
      erase: async () => {
        await this.#closeStay({ keepLogIn: false });
        await this.#erase(database);
        await this.#waitOutside(undefined);
      },
    });
    const stay = { vault, claim, opening };
    this.#stay = stay;
    try {
      const { home } = await opening;
      // Shut before it was open: whoever did it sees to the rest.
      if (this.#stay !== stay) return;
      this.#gate.set({ phase: 'inside', home });
      this.#options.entered();
    } catch (reason) {
      this.#stay = undefined;
      vault.close();
      claim.release();
      await this.#waitOutside(userName);
      throw reason;
    }
  }

  /** Out, here and in every other tab. */
  async #shut(userName: string | undefined): Promise<void> {
    if (this.#stay) this.#news.tellShut(this.#stay.vault.database);
    await this.#goOut(userName);
  }

  async #goOut(userName: string | undefined): Promise<void> {
    await this.#closeStay({ keepLogIn: false });
    await this.#waitOutside(userName);
  }

  /** Another tab takes the account: this one closes it and says where it went. */
  async #giveUp(): Promise<void> {
    const vault = this.#stay?.vault;
    if (!vault) return;
    await this.#closeStay({ keepLogIn: true });
    this.#pointElsewhere({ database: vault.database, userName: vault.userName, vault: undefined });
  }

  async #closeStay(how: { readonly keepLogIn: boolean }): Promise<void> {
    const stay = this.#stay;
    if (!stay) return;
    this.#stay = undefined;
    // The screens let go of the stores before they are closed.
    this.#gate.set({ phase: 'starting' });
    try {
      // One that could not be opened has nothing to close; whoever opened it tells why.
      const account = await stay.opening.catch(() => undefined);
      await account?.close(how);
    } finally {
      stay.claim.release();
    }
  }

  /** Another tab has the account open: said before anybody types a password in vain. */
  #pointElsewhere(elsewhere: Elsewhere): void {
    this.#elsewhere = elsewhere;
    this.#gate.set({
      phase: 'elsewhere',
      useHere: () => {
        this.#gate.set({ phase: 'starting' });
        this.#unexpectedly(() => this.#takeOver(elsewhere));
      },
      back: () => {
        this.#forgetElsewhere();
        this.#unexpectedly(() => this.#waitOutside(undefined));
      },
    });
  }

  async #takeOver({ database, userName }: Elsewhere): Promise<void> {
    const claim = await this.#options.tabs.takeOver(database, () => this.#giveUp());
    // Looked at only now: the account may have been shut in the meantime, and the vault with it.
    const vault = this.#elsewhere?.vault ?? (await this.#accounts.resume(database));
    this.#elsewhere = undefined;
    if (vault) {
      await this.#enter(vault, claim);
    } else {
      claim.release();
      await this.#waitOutside(userName);
    }
  }

  /** Another tab says that the account is shut, for everybody. */
  async #hearShut(database: string): Promise<void> {
    if (this.#stay?.vault.database === database) {
      await this.#goOut(this.#stay.vault.userName);
    } else if (this.#elsewhere?.database === database) {
      const { userName } = this.#elsewhere;
      this.#forgetElsewhere();
      await this.#waitOutside(userName);
    }
  }

  #forgetElsewhere(): void {
    this.#elsewhere?.vault?.close();
    this.#elsewhere = undefined;
  }

  /** Whoever has it open closes it first. */
  async #erase(database: string): Promise<void> {
    const claim = await this.#options.tabs.takeOver(database, () => Promise.resolve());
    try {
      await this.#options.eraseStores(database);
      await this.#accounts.remove(database);
    } finally {
      claim.release();
    }
    this.#news.tellShut(database);
  }

  #unexpectedly(step: () => Promise<void>): void {
    step().catch((reason: unknown) => this.#options.troubles.report(reason));
  }
}
