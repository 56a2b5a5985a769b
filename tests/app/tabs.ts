/** Tabs of one browser, each with a gatehouse of its own, over one disk, one set of locks and one clock. */
import { expect, vi } from 'vitest';
import { createFakeLocks } from '../platform/fake-locks.ts';
import { FakeChannels } from '../platform/fake-channels.ts';
import { Gatehouse } from '../../src/app/gatehouse.ts';
import type { Leaving } from '../../src/app/leaving.ts';
import type { OpenAccount } from '../../src/app/open-account.ts';
import { openSecurity } from '../../src/app/security.ts';
import { Troubles } from '../../src/app/troubles.ts';
import type { Accounts } from '../../src/identity/accounts.ts';
import type { OpenVault } from '../../src/identity/open-vault.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { Cell } from '../../src/lib/observable.ts';
import { createTabLock, type TabChannel } from '../../src/platform/tab-lock.ts';
import { createTabNews } from '../../src/platform/tab-news.ts';
import { deleteAccountDatabase } from '../../src/storage/account-database.ts';
import { openAccountStores } from '../../src/storage/account-stores.ts';
import type { Door, Gate, Home } from '../../src/ui/parley.ts';
import { Household, PASSWORD } from '../identity/household.ts';
import { rowsIn, type Row } from '../storage/shelf.ts';
import { valueOf } from '../support/value-of.ts';

const EAGERLY = { interval: 1, timeout: 5000 };

interface BrowserOptions {
  /** False: an old browser, or an insecure origin. */
  readonly hasLocks?: boolean;
}

export class Browser extends Household {
  readonly locks: ReturnType<typeof createFakeLocks> | undefined;
  readonly channels = new FakeChannels();

  constructor({ hasLocks = true }: BrowserOptions = {}) {
    super();
    this.locks = hasLocks ? createFakeLocks() : undefined;
  }

  rows(table: 'accounts' | 'sessions'): Promise<Row[]> {
    return rowsIn(this.engine, 'parley', table);
  }

  async databases(): Promise<readonly (string | undefined)[]> {
    return (await this.engine.indexedDB.databases()).map(({ name }) => name);
  }

  async openTab(): Promise<Tab> {
    const tab = new Tab(this, await this.openPage());
    await tab.settle();
    return tab;
  }
}

export class Tab {
  readonly lastActive: Cell<number>;
  readonly visible = new Cell(true);
  readonly troubles = new Troubles();
  /** Every vault this tab ever had open. */
  readonly vaults: OpenVault[] = [];
  readonly accounts: Accounts;
  readonly #browser: Browser;
  readonly #clock: Clock;
  readonly #channels: TabChannel[] = [];
  #gate: Gate = { phase: 'starting' };
  #gone = false;

  constructor(browser: Browser, accounts: Accounts) {
    const { locks, engine } = browser;
    this.#browser = browser;
    this.accounts = accounts;
    this.#clock = this.#ownClock(browser.clock);
    this.lastActive = new Cell(browser.clock.now());
    const openChannel = (name: string): TabChannel => {
      const channel = browser.channels.open(name);
      this.#channels.push(channel);
      return channel;
    };
    const gatehouse = new Gatehouse({
      impossible: undefined,
      look: async () => ({ hasAccounts: (await accounts.count()) > 0, mustAsk: false }),
      prepare: () =>
        Promise.resolve({
          accounts,
          restore: () => Promise.reject(new Error('Nobody restores here')),
          open: (vault, _, leave) => this.#open(vault, accounts, leave),
          eraseStores: (database) => deleteAccountDatabase(database, { engine }),
        }),
      tabs: createTabLock({ locks, openChannel, clock: this.#clock }),
      openNews: (onShut) => createTabNews(openChannel, onShut),
      entered: () => undefined,
      troubles: this.troubles,
    });
    gatehouse.gate.subscribe((gate) => (this.#gate = gate));
    void gatehouse.start();
  }

  get phase(): Gate['phase'] {
    return this.#gate.phase;
  }

  get outside(): Extract<Gate, { phase: 'outside' }> {
    if (this.#gate.phase !== 'outside') throw new Error(`Not outside but ${this.#gate.phase}`);
    return this.#gate;
  }

  get door(): Door {
    return this.outside.door;
  }

  get home(): Home {
    if (this.#gate.phase !== 'inside') throw new Error(`Not inside but ${this.#gate.phase}`);
    return this.#gate.home;
  }

  async register(name: string): Promise<readonly string[]> {
    const registration = valueOf(await this.door.register(name, PASSWORD));
    valueOf(await registration.finish());
    return registration.words;
  }

  async useHere(): Promise<void> {
    if (this.#gate.phase !== 'elsewhere') throw new Error(`Not elsewhere but ${this.#gate.phase}`);
    this.#gate.useHere();
    await this.settle();
  }

  async comeBackToDoor(): Promise<void> {
    if (this.#gate.phase !== 'elsewhere') throw new Error(`Not elsewhere but ${this.#gate.phase}`);
    this.#gate.back();
    await this.settle();
  }

  /** The page is gone without a word, as after a crash. */
  vanish(): void {
    this.#gone = true;
    for (const channel of this.#channels) channel.close();
    for (const { database } of this.vaults) this.#browser.locks?.pageGone(`parley/${database}`);
  }

  /** The vault it had open last. */
  get vault(): OpenVault {
    const vault = this.vaults.at(-1);
    if (!vault) throw new Error('Never open');
    return vault;
  }

  /** Somebody touches the page. */
  async touch(): Promise<void> {
    this.lastActive.set(this.#browser.clock.now());
    await this.settle();
  }

  /** Lets everything run that waits for nothing but the disk and other tabs. */
  async settle(): Promise<void> {
    const { clock } = this.#browser;
    await clock.settle();
    await vi.waitFor(async () => {
      // Whether a page that holds a lock is just leaving takes half a second to find out.
      if (this.phase === 'starting') await clock.advance(500);
      expect(this.phase).not.toBe('starting');
    }, EAGERLY);
  }

  /** The browser's own cryptography works on other threads: how many turns it takes, nobody knows. */
  async becomes(phase: Gate['phase']): Promise<void> {
    await vi.waitFor(() => expect(this.phase).toBe(phase), EAGERLY);
  }

  #ownClock(clock: Clock): Clock {
    const unlessGone = (action: () => void) => () => {
      if (!this.#gone) action();
    };
    return { now: () => clock.now(), after: (delay, action) => clock.after(delay, unlessGone(action)) };
  }

  /** The real security over a real database; nobody to talk to. */
  async #open(vault: OpenVault, accounts: Accounts, leave: Leaving): Promise<OpenAccount> {
    this.vaults.push(vault);
    const { engine } = this.#browser;
    const clock = this.#clock;
    const stores = await openAccountStores(vault, { engine });
    const watching = { lastActive: this.lastActive, visible: this.visible };
    const security = await openSecurity({ vault, accounts, store: stores.security, clock, watching, leave, troubles: this.troubles });
    const home = {
      me: { id: vault.device.account, name: vault.userName },
      security: security.security,
      lock: () => leave.lock(),
      logOut: () => leave.logOut(),
    };
    return {
      home: home as Home,
      close: async (how) => {
        await security.close(how);
        await stores.close();
        vault.close();
      },
    };
  }
}

/** Whether the keys of a vault are gone. */
export function isWiped({ key, device }: OpenVault): boolean {
  return [key, device.signing.secret, device.agreement.secret].every((secret) => {
    try {
      secret.expose();
      return false;
    } catch {
      return true;
    }
  });
}
