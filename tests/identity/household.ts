/** One browser's accounts over an IndexedDB in memory, with all that is slow or needs a hand made quick. */
import { ARGON2ID_FLOOR } from '../../src/crypto/argon2id-cost.ts';
import { Accounts } from '../../src/identity/accounts.ts';
import type { OpenVault } from '../../src/identity/open-vault.ts';
import { PasswordJudge } from '../../src/identity/password-strength.ts';
import type { StoredAccount } from '../../src/identity/ports.ts';
import { nameTag } from '../../src/identity/user-name.ts';
import { openRegistry, type OpenRegistry } from '../../src/storage/registry-database.ts';
import type { StoreEngine } from '../../src/storage/store-options.ts';
import { newEngine } from '../storage/shelf.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { valueOf } from '../support/value-of.ts';
import { FakePasskeys } from './fake-passkeys.ts';
import { FastHasher } from './fast-hasher.ts';

export const PASSWORD = 'correct horse battery staple';

/** Reading its dictionaries takes longer than all else. */
const judge = new PasswordJudge();

export class Household {
  readonly engine: StoreEngine = newEngine();
  readonly clock = new ManualClock();
  readonly hasher = new FastHasher();
  readonly passkeys = new FakePasskeys();
  readonly #registries: OpenRegistry[] = [];

  /** A page of this browser: what it does not write down, the next one does not know. */
  async openPage(): Promise<Accounts> {
    const { clock, hasher, passkeys } = this;
    const registry = await this.registry();
    return new Accounts({ registry, sessionKeys: registry.sessionKeys, hasher, passkeys, clock, cost: ARGON2ID_FLOOR, judge });
  }

  async registry(): Promise<OpenRegistry> {
    const registry = await openRegistry({ engine: this.engine });
    this.#registries.push(registry);
    return registry;
  }

  async stored(name: string): Promise<StoredAccount> {
    const registry = await this.registry();
    const stored = await registry.find(nameTag(name, await registry.salt()));
    if (!stored) throw new Error(`${name} has no account here`);
    return stored;
  }

  close(): void {
    for (const registry of this.#registries) registry.close();
  }
}

export async function settleIn(accounts: Accounts, name: string): Promise<{ readonly vault: OpenVault; readonly words: string }> {
  const pending = valueOf(await accounts.register(name, PASSWORD));
  return { vault: await pending.finish(), words: pending.words.join(' ') };
}
