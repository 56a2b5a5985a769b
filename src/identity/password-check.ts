import type { Clock } from '../lib/clock.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { VaultKey } from './key-slot.ts';
import type { AccountRegistry, PasswordHasher } from './ports.ts';
import { attempt, type Attempt, type LockedOut, type WrongPassword } from './try-limit.ts';
import { decodeVault, unlockWithPassword, type Vault, type VaultDamaged } from './vault.ts';

export interface PasswordCheckOptions {
  readonly registry: AccountRegistry;
  readonly hasher: PasswordHasher;
  readonly clock: Pick<Clock, 'now'>;
}

export interface Unlocked {
  readonly vault: Vault;
  readonly key: VaultKey;
}

export type CheckFailure = WrongPassword | LockedOut | VaultDamaged;

/** The one place where passwords are looked at: it counts the wrong ones, in every tab and over every reload. */
export class PasswordCheck {
  readonly #options: PasswordCheckOptions;

  constructor(options: PasswordCheckOptions) {
    this.#options = options;
  }

  /**
   * Opens the account's vault (up to a second; at once while locked out). Undefined when there is no such account. Rejects
   * when the registry refuses: a try that cannot be counted is not made.
   */
  async unlock(database: string, password: string): Promise<Result<Unlocked, CheckFailure> | undefined> {
    const { registry, hasher, clock } = this.#options;
    let begun: { readonly vault: Result<Vault, VaultDamaged>; readonly attempt: Attempt } | undefined;
    await registry.amend(database, (account) => {
      begun = { vault: decodeVault(account.vault), attempt: attempt(account.tries, clock.now()) };
      return begun.vault.ok ? { ...account, tries: begun.attempt.tries } : account;
    });
    if (!begun) return undefined;
    const { vault, attempt: counted } = begun;
    if (!vault.ok) return vault;
    if (!counted.verdict.ok) return counted.verdict;

    const key = await unlockWithPassword(vault.value, password, hasher);
    if (!key.ok) return fail(key.failure.kind === 'wrong-key' ? counted.verdict.value : key.failure);
    await this.forgive(database);
    return succeed({ vault: vault.value, key: key.value });
  }

  /** The owner has proven to be here, with a password or otherwise. */
  async forgive(database: string): Promise<void> {
    await this.#options.registry.amend(database, (account) => ({ ...account, tries: undefined }));
  }
}
