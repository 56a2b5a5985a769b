/** The accounts of this browser: making one, and opening one. */
import { ARGON2ID_FLOOR } from '../crypto/argon2id-cost.ts';
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { PHRASE_ENTROPY_BYTES, recoveryWords } from '../crypto/recovery-phrase.ts';
import { sodiumReady } from '../crypto/sodium.ts';
import { wipe } from '../crypto/wipe.ts';
import { toBase64url } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { createAccount } from './account.ts';
import { createDevice } from './device.ts';
import { holdOpen, type OpenVault } from './open-vault.ts';
import { PasswordJudge, type PasswordStrength } from './password-strength.ts';
import type { AccountRegistry, PasswordCost, PasswordHasher, StoredAccount } from './ports.ts';
import { nameTag, readUserName, type UserNameFailure } from './user-name.ts';
import { createVault, decodeVault, encodeVault, readIdentity, unlockWithPassword, type VaultDamaged } from './vault.ts';

export interface AccountsOptions {
  readonly registry: AccountRegistry;
  readonly hasher: PasswordHasher;
  readonly clock: Pick<Clock, 'now'>;
  /** What a new password costs to try; the floor unless told. */
  readonly cost?: PasswordCost;
  readonly random?: RandomSource;
}

export type NameFailure = UserNameFailure | { readonly kind: 'name-taken' };
export interface PasswordFailure {
  readonly kind: 'password-weak';
}
/** `no-such-account` is told apart from a wrong password: this browser's owner may know which accounts it has. */
export type OpenFailure = { readonly kind: 'no-such-account' } | { readonly kind: 'wrong-password' } | VaultDamaged;

/** An account that exists in memory alone until `finish`. */
export interface PendingRegistration {
  /** 24 words: all that is needed to be this account again. Not kept in the clear anywhere. */
  readonly words: readonly string[];
  /** Stores the account and opens it. Rejects as the registry does: the store refused, or the name was taken meanwhile. */
  finish(): Promise<OpenVault>;
}

/** In the certificate of an account's first device. Contacts could read a name there, so it has none. */
const FIRST_DEVICE_NAME = '';
const DATABASE_NAME_BYTES = 16;

export class Accounts {
  readonly #registry: AccountRegistry;
  readonly #hasher: PasswordHasher;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #cost: PasswordCost;
  readonly #random: RandomSource;
  readonly #judge = new PasswordJudge();

  constructor({ registry, hasher, clock, cost = ARGON2ID_FLOOR, random = randomBytes }: AccountsOptions) {
    this.#registry = registry;
    this.#hasher = hasher;
    this.#clock = clock;
    this.#cost = cost;
    this.#random = random;
  }

  count(): Promise<number> {
    return this.#registry.count();
  }

  /** Whether a new account may go by this name in this browser. */
  async checkName(typed: string): Promise<Result<undefined, NameFailure>> {
    const name = readUserName(typed);
    if (!name.ok) return name;
    return (await this.#find(name.value)) ? fail({ kind: 'name-taken' }) : succeed(undefined);
  }

  strengthOf(password: string, userName: string): Promise<PasswordStrength> {
    return this.#judge.strengthOf(password, userName);
  }

  /** Makes the keys and hashes the password (up to a second). Nothing is stored. */
  async register(typedName: string, password: string): Promise<Result<PendingRegistration, NameFailure | PasswordFailure>> {
    const userName = readUserName(typedName);
    if (!userName.ok) return userName;
    const free = await this.checkName(userName.value);
    if (!free.ok) return free;
    const { enough } = await this.strengthOf(password, userName.value);
    return enough ? succeed(await this.#prepare(userName.value, password)) : fail({ kind: 'password-weak' });
  }

  /** Opens an account with its password (up to a second). Rejects when the registry cannot be read. */
  async open(typedName: string, password: string): Promise<Result<OpenVault, OpenFailure>> {
    const userName = readUserName(typedName);
    const stored = userName.ok ? await this.#find(userName.value) : undefined;
    if (!stored) return fail({ kind: 'no-such-account' });

    const vault = decodeVault(stored.vault);
    if (!vault.ok) return vault;
    const key = await unlockWithPassword(vault.value, password, this.#hasher);
    if (!key.ok) return key.failure.kind === 'wrong-key' ? fail({ kind: 'wrong-password' }) : fail(key.failure);
    const identity = readIdentity(vault.value, key.value, stored.database);
    return identity.ok ? succeed(holdOpen(identity.value, key.value, stored.database)) : identity;
  }

  async #prepare(userName: string, password: string): Promise<PendingRegistration> {
    const entropy = this.#random(PHRASE_ENTROPY_BYTES);
    const words = recoveryWords(entropy);
    const account = createAccount(entropy);
    const device = createDevice(account, FIRST_DEVICE_NAME, this.#clock.now(), this.#random);
    const database = `parley-${toBase64url(this.#random(DATABASE_NAME_BYTES))}`;
    const { vault, key } = await createVault(
      { userName, device, entropy, recoveryKey: account.recoveryKey, database },
      { password, cost: this.#cost, hasher: this.#hasher },
      this.#random,
    );
    wipe(entropy);
    account.signing.secret.wipe();
    account.recoveryKey.wipe();

    const stored = { database, nameTag: await this.#tagOf(userName), vault: encodeVault(vault) };
    return {
      words,
      finish: async () => {
        await this.#registry.add(stored);
        return holdOpen({ userName, device }, key, database);
      },
    };
  }

  async #find(userName: string): Promise<StoredAccount | undefined> {
    return this.#registry.find(await this.#tagOf(userName));
  }

  async #tagOf(userName: string): Promise<string> {
    await sodiumReady();
    return nameTag(userName, await this.#registry.salt());
  }
}
