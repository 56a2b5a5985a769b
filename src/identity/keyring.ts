/** The ways into an account that is open: changing them, and asking once more for the password. */
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';
import { assert } from '../lib/assert.ts';
import { fromBase64url, toBase64url } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { OpenVault } from './open-vault.ts';
import { PASSKEY_SALT_BYTES, passkeysOf, withoutPasskey, withPasskey } from './passkey-slot.ts';
import type { PasswordCheck } from './password-check.ts';
import type { CostGauge } from './password-cost.ts';
import type { PasswordJudge, PasswordStrength } from './password-strength.ts';
import type { AccountRegistry, PasskeyFailure, Passkeys, PasswordHasher } from './ports.ts';
import type { LockedOut, WrongPassword } from './try-limit.ts';
import { decodeVault, encodeVault, passwordSlot, withPasswordSlot, type Vault } from './vault.ts';

export interface KeyringOptions {
  readonly registry: AccountRegistry;
  readonly check: PasswordCheck;
  readonly gauge: Pick<CostGauge, 'affordable'>;
  readonly judge: PasswordJudge;
  readonly hasher: PasswordHasher;
  readonly passkeys: Passkeys;
  readonly clock: Pick<Clock, 'now'>;
  readonly random?: RandomSource;
}

export interface ShownPasskey {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** All that rejects, rejects as the registry does. */
export class Keyring {
  readonly #vault: OpenVault;
  readonly #options: KeyringOptions;
  readonly #random: RandomSource;
  readonly #passkeys = new Cell<readonly ShownPasskey[]>([]);

  private constructor(vault: OpenVault, options: KeyringOptions) {
    this.#vault = vault;
    this.#options = options;
    this.#random = options.random ?? randomBytes;
  }

  static async of(vault: OpenVault, options: KeyringOptions): Promise<Keyring> {
    const keyring = new Keyring(vault, options);
    keyring.#show(await keyring.#stored());
    return keyring;
  }

  strengthOf(password: string): Promise<PasswordStrength> {
    // Whoever asks is choosing a new one: what it may cost will be known when they are done.
    void this.#options.gauge.affordable();
    return this.#options.judge.strengthOf(password, this.#vault.userName);
  }

  /** Whether this is the account's password (up to a second). Wrong ones count as they do at the door. */
  async confirm(password: string): Promise<Result<undefined, WrongPassword | LockedOut>> {
    const unlocked = await this.#options.check.unlock(this.#vault.database, password);
    assert(unlocked !== undefined, 'an open account is in the registry');
    if (unlocked.ok) {
      unlocked.value.key.wipe();
      return succeed(undefined);
    }
    if (unlocked.failure.kind === 'vault-damaged') throw new Error('The vault of the open account was damaged on the disk');
    return fail(unlocked.failure);
  }

  /** Writes the vault key's password slot anew and nothing else (up to two seconds, three the first time). */
  async changePassword(
    current: string,
    next: string,
  ): Promise<Result<undefined, WrongPassword | LockedOut | { readonly kind: 'password-weak' }>> {
    const { enough } = await this.strengthOf(next);
    if (!enough) return fail({ kind: 'password-weak' });
    const confirmed = await this.confirm(current);
    if (!confirmed.ok) return confirmed;
    const { gauge, hasher } = this.#options;
    const slot = await passwordSlot(this.#vault.key, { password: next, cost: await gauge.affordable(), hasher }, this.#random);
    await this.#rewrite((vault) => withPasswordSlot(vault, slot));
    return succeed(undefined);
  }

  get canHavePasskey(): boolean {
    return this.#options.passkeys.possible;
  }

  get passkeys(): Observable<readonly ShownPasskey[]> {
    return this.#passkeys;
  }

  /** Asks the person to make one on a device of theirs. */
  async addPasskey(): Promise<Result<undefined, PasskeyFailure | { readonly kind: 'passkey-exists' }>> {
    const { passkeys, clock } = this.#options;
    const salt = this.#random(PASSKEY_SALT_BYTES);
    const made = await passkeys.create(this.#vault.userName, salt, passkeysOf(await this.#stored()));
    if (!made.ok) return made;
    const { credentialId, secret } = made.value;
    try {
      await this.#rewrite((vault) => withPasskey(vault, { credentialId, salt, created: clock.now() }, secret, this.#vault.key));
    } catch (reason) {
      passkeys.forget(credentialId);
      throw reason;
    } finally {
      wipe(secret);
    }
    return succeed(undefined);
  }

  async removePasskey(id: string): Promise<void> {
    const credentialId = fromBase64url(id);
    assert(credentialId !== undefined, 'a passkey is removed by the id it was shown with');
    await this.#rewrite((vault) => withoutPasskey(vault, credentialId));
    this.#options.passkeys.forget(credentialId);
  }

  async #stored(): Promise<Vault> {
    const account = await this.#options.registry.at(this.#vault.database);
    assert(account !== undefined, 'an open account is in the registry');
    return readOwn(account.vault);
  }

  async #rewrite(change: (vault: Vault) => Vault): Promise<void> {
    const { database } = this.#vault;
    const account = await this.#options.registry.amend(database, (stored) => ({
      ...stored,
      vault: encodeVault(change(readOwn(stored.vault))),
    }));
    assert(account !== undefined, 'an open account is in the registry');
    this.#show(readOwn(account.vault));
  }

  #show(vault: Vault): void {
    this.#passkeys.set(passkeysOf(vault).map(({ credentialId, created }) => ({ id: toBase64url(credentialId), created })));
  }
}

/** It opened when the account was opened: that it no longer reads is nothing a person can be asked about. */
function readOwn(stored: Uint8Array): Vault {
  const vault = decodeVault(stored);
  if (!vault.ok) throw new Error('The vault of the open account was damaged on the disk');
  return vault.value;
}
