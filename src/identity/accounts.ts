/** The accounts of this browser: making one, every way into one, and deleting one. */
import { randomBytes, type RandomSource } from '../crypto/random.ts';
import { PHRASE_ENTROPY_BYTES, readRecoveryPhrase, recoveryWords, type PhraseFailure } from '../crypto/recovery-phrase.ts';
import { Secret } from '../crypto/secret.ts';
import { sodiumReady } from '../crypto/sodium.ts';
import { wipe } from '../crypto/wipe.ts';
import { assert } from '../lib/assert.ts';
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { createAccount } from './account.ts';
import { BackupWriter, openBackup, type BackupFailure, type BackupSource, type OpenBackup } from './backup-file.ts';
import type { BackupAccount } from './backup-record.ts';
import { writeBackupSlots } from './backup-slots.ts';
import { verifyCredential } from './credential.ts';
import { createDevice } from './device.ts';
import { VAULT_KEY_BYTES, type VaultKey } from './key-slot.ts';
import { Keyring } from './keyring.ts';
import { isStillKept, LogInKeeper } from './log-in-keeper.ts';
import { holdOpen, type OpenVault } from './open-vault.ts';
import { passkeysOf, unlockWithPasskey } from './passkey-slot.ts';
import { PasswordCheck } from './password-check.ts';
import { CostGauge } from './password-cost.ts';
import { PasswordJudge, type PasswordStrength } from './password-strength.ts';
import type { AccountRegistry, PasskeyFailure, Passkeys, PasswordCost, PasswordHasher, SessionKeys, StoredAccount } from './ports.ts';
import type { LockedOut, WrongPassword } from './try-limit.ts';
import { nameTag, readUserName, type UserNameFailure } from './user-name.ts';
import {
  createVault,
  decodeVault,
  encodeVault,
  passwordSlot,
  readEntropy,
  readIdentity,
  unlockWithRecoveryKey,
  withPasswordSlot,
  type Vault,
  type VaultDamaged,
} from './vault.ts';

export interface AccountsOptions {
  readonly registry: AccountRegistry;
  readonly sessionKeys: SessionKeys;
  readonly hasher: PasswordHasher;
  readonly passkeys: Passkeys;
  readonly clock: Pick<Clock, 'now'>;
  /** What a new password costs to try; measured unless told. */
  readonly cost?: PasswordCost;
  readonly judge?: PasswordJudge;
  readonly random?: RandomSource;
}

export type NameFailure = UserNameFailure | { readonly kind: 'name-taken' };
export interface PasswordFailure {
  readonly kind: 'password-weak';
}
/** Told apart from a wrong password: this browser's owner may know which accounts it has. */
export interface NoSuchAccount {
  readonly kind: 'no-such-account';
}

/** An account that exists in memory alone until `finish`. */
export interface PendingRegistration {
  /** 24 words: all that is needed to be this account again. Not kept in the clear anywhere. */
  readonly words: readonly string[];
  /** Stores the account and opens it. Rejects as the registry does: the store refused, or the name was taken meanwhile. */
  finish(): Promise<OpenVault>;
}

/** An account that was brought back, and exists in memory alone until `finish`. */
export interface PendingReturn {
  /** To fill its database with. Whoever does not finish closes it. */
  readonly open: OpenVault;
  /** Rejects as the registry does: the store refused, or the name was taken meanwhile. */
  finish(): Promise<void>;
}
export type ReturnFailure =
  | PasswordFailure
  /** This very account is in this browser already. */
  | { readonly kind: 'account-exists' }
  /** Another account of this browser goes by its name. */
  | { readonly kind: 'name-taken' }
  /** Its name is none. */
  | { readonly kind: 'backup-damaged' };

/** What a person opens a backup with. */
export type BackupKey = { readonly kind: 'password'; readonly password: string } | { readonly kind: 'words'; readonly words: string };

/** In the certificate of an account's first device. Contacts could read a name there, so it has none. */
const FIRST_DEVICE_NAME = '';
const DATABASE_NAME_BYTES = 16;

/** All that rejects, rejects as the registry does. */
export class Accounts {
  readonly #options: AccountsOptions;
  readonly #registry: AccountRegistry;
  readonly #random: RandomSource;
  readonly #gauge: Pick<CostGauge, 'affordable'>;
  readonly #check: PasswordCheck;
  readonly #judge: PasswordJudge;

  constructor(options: AccountsOptions) {
    const { registry, hasher, clock, cost, judge = new PasswordJudge(), random = randomBytes } = options;
    this.#options = options;
    this.#registry = registry;
    this.#random = random;
    this.#judge = judge;
    this.#gauge = cost ? { affordable: () => Promise.resolve(cost) } : new CostGauge(hasher, clock);
    this.#check = new PasswordCheck({ registry, hasher, clock });
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
    // Whoever asks is choosing one: what it may cost will be known when they are done.
    void this.#gauge.affordable();
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

  /** Opens an account with its password (up to a second; at once while locked out). */
  async open(typedName: string, password: string): Promise<Result<OpenVault, NoSuchAccount | WrongPassword | LockedOut | VaultDamaged>> {
    const stored = await this.#named(typedName);
    const unlocked = stored && (await this.#check.unlock(stored.database, password));
    if (!unlocked) return fail({ kind: 'no-such-account' });
    return unlocked.ok ? takeUp(unlocked.value.vault, unlocked.value.key, stored.database) : unlocked;
  }

  /** Whether the account has a passkey that this browser could ask for. */
  async hasPasskey(typedName: string): Promise<boolean> {
    const stored = this.#options.passkeys.possible ? await this.#named(typedName) : undefined;
    const vault = stored && decodeVault(stored.vault);
    return vault?.ok === true && passkeysOf(vault.value).length > 0;
  }

  /** Asks the person for one of the account's passkeys. Wrong passwords do not slow it down, and it makes up for them. */
  async openWithPasskey(typedName: string): Promise<Result<OpenVault, NoSuchAccount | PasskeyFailure | VaultDamaged>> {
    const stored = await this.#named(typedName);
    if (!stored) return fail({ kind: 'no-such-account' });
    const vault = decodeVault(stored.vault);
    if (!vault.ok) return vault;
    const known = passkeysOf(vault.value);
    if (known.length === 0) return fail({ kind: 'passkey-unknown' });

    const answer = await this.#options.passkeys.ask(known);
    if (!answer.ok) return answer;
    const key = unlockWithPasskey(vault.value, answer.value);
    wipe(answer.value.secret);
    if (!key.ok) return fail(key.failure.kind === 'wrong-key' ? { kind: 'passkey-unknown' } : key.failure);
    await this.#check.forgive(stored.database);
    return takeUp(vault.value, key.value, stored.database);
  }

  /**
   * Opens an account with its 24 words and gives it a new password (up to two seconds). Passkeys stay; a log-in that was
   * kept does not. `words-wrong` also says: the words of another account.
   */
  async recover(
    typedName: string,
    words: string,
    newPassword: string,
  ): Promise<Result<OpenVault, NoSuchAccount | PhraseFailure | PasswordFailure | VaultDamaged>> {
    const stored = await this.#named(typedName);
    if (!stored) return fail({ kind: 'no-such-account' });
    const recovered = this.#openWithWords(stored, words);
    if (!recovered.ok) return recovered;
    const { vault, open } = recovered.value;
    const { enough } = await this.strengthOf(newPassword, open.userName);
    if (!enough) {
      open.close();
      return fail({ kind: 'password-weak' });
    }
    const lock = { password: newPassword, cost: await this.#gauge.affordable(), hasher: this.#options.hasher };
    const renewed = encodeVault(withPasswordSlot(vault, await passwordSlot(open.key, lock, this.#random)));
    const { database } = stored;
    await this.#options.sessionKeys.drop(database);
    await this.#registry.amend(database, (account) => ({ ...account, vault: renewed, tries: undefined }));
    return succeed(open);
  }

  /** Databases of the accounts that open without being asked for anything, the latest first. What ran out is thrown away. */
  async kept(): Promise<readonly string[]> {
    const { sessionKeys, clock } = this.#options;
    const all = await sessionKeys.kept();
    const still = (logIn: (typeof all)[number]): boolean => isStillKept(logIn, clock.now());
    for (const logIn of all) if (!still(logIn)) await sessionKeys.drop(logIn.database);
    return all.filter(still).map(({ database }) => database);
  }

  /** Opens an account whose log-in was kept; undefined when it must be opened otherwise. */
  async resume(database: string): Promise<OpenVault | undefined> {
    const { sessionKeys, clock } = this.#options;
    await sodiumReady();
    const kept = await sessionKeys.open(database);
    if (!kept) return undefined;
    const key: VaultKey = new Secret('vault', kept.vaultKey);
    const stored = isStillKept(kept.logIn, clock.now()) ? await this.#registry.at(database) : undefined;
    const vault = stored && decodeVault(stored.vault);
    const open = vault?.ok ? takeUp(vault.value, key, database) : undefined;
    if (open?.ok) return open.value;
    key.wipe();
    await sessionKeys.drop(database);
    return undefined;
  }

  /** Ends what `resume` lives on. */
  async dropKept(database: string): Promise<void> {
    await this.#options.sessionKeys.drop(database);
  }

  keyringOf(vault: OpenVault): Promise<Keyring> {
    const { hasher, passkeys, clock } = this.#options;
    const [registry, check, gauge, judge, random] = [this.#registry, this.#check, this.#gauge, this.#judge, this.#random];
    return Keyring.of(vault, { registry, check, gauge, judge, hasher, passkeys, clock, random });
  }

  keeperOf(vault: OpenVault): LogInKeeper {
    const { sessionKeys, clock } = this.#options;
    return new LogInKeeper({ vault, sessionKeys, clock });
  }

  /** The name of the account's database; undefined when there is no such account. */
  async databaseOf(typedName: string): Promise<string | undefined> {
    return (await this.#named(typedName))?.database;
  }

  /** Forgets that there is such an account, for good. What is in its database goes first, or nobody will find it again. */
  async remove(database: string): Promise<void> {
    const stored = await this.#registry.at(database);
    await this.#options.sessionKeys.drop(database);
    await this.#registry.remove(database);
    const vault = stored && decodeVault(stored.vault);
    if (vault?.ok) for (const { credentialId } of passkeysOf(vault.value)) this.#options.passkeys.forget(credentialId);
  }

  // ————— backups —————

  /**
   * Begins a backup of an open account that this password opens, and its 24 words (up to a second). `emit` gets the file's
   * bytes in order, in parts.
   */
  async beginBackup(vault: OpenVault, password: string, emit: (part: Bytes) => void): Promise<Result<BackupWriter, PasswordFailure>> {
    const { enough } = await this.strengthOf(password, vault.userName);
    if (!enough) return fail({ kind: 'password-weak' });
    const entropy = await this.#entropyOf(vault);
    const account = createAccount(entropy);
    const key: VaultKey = new Secret('vault', this.#random(VAULT_KEY_BYTES));
    const lock = { password, cost: await this.#gauge.affordable(), hasher: this.#options.hasher };
    const slots = await writeBackupSlots(key, lock, account.recoveryKey, this.#random);
    const listVersion = listVersionOf(vault);
    const head = { created: this.#options.clock.now(), slots };
    const writer = new BackupWriter(head, key, { entropy, userName: vault.userName, listVersion }, emit);
    wipe(entropy);
    for (const secret of [key, account.signing.secret, account.recoveryKey]) secret.wipe();
    return succeed(writer);
  }

  /** Opens a backup as far as its account (up to a second, for a password). Rejects when the file itself cannot be read. */
  async openBackup(source: BackupSource, key: BackupKey): Promise<Result<OpenBackup, BackupFailure | PhraseFailure>> {
    await sodiumReady();
    const { hasher } = this.#options;
    if (key.kind === 'password') return openBackup(source, key, hasher);
    const entropy = readRecoveryPhrase(key.words);
    if (!entropy.ok) return entropy;
    const account = createAccount(entropy.value);
    wipe(entropy.value);
    account.signing.secret.wipe();
    const opened = await openBackup(source, { kind: 'recovery', recoveryKey: account.recoveryKey }, hasher);
    account.recoveryKey.wipe();
    return opened;
  }

  /**
   * An account that is to be in this browser again, from its root (up to a second). It gets a new device whose list comes
   * after the last one known (K4), and exists in memory alone until `finish`.
   */
  async bringBack(account: BackupAccount, password: string): Promise<Result<PendingReturn, ReturnFailure>> {
    const userName = readUserName(account.userName);
    if (!userName.ok) return fail({ kind: 'backup-damaged' });
    const { enough } = await this.strengthOf(password, userName.value);
    if (!enough) return fail({ kind: 'password-weak' });
    const present = await this.#find(userName.value);
    if (present) return fail({ kind: isOf(account.entropy, present) ? 'account-exists' : 'name-taken' });
    const createdAt = Math.max(this.#options.clock.now(), account.listVersion + 1);
    const { stored, open } = await this.#make({ entropy: account.entropy, userName: userName.value, createdAt }, password);
    return succeed({ open, finish: () => this.#registry.add(stored) });
  }

  async #entropyOf({ database, key }: OpenVault): Promise<Bytes> {
    const stored = await this.#registry.at(database);
    const vault = stored && decodeVault(stored.vault);
    const entropy = vault?.ok ? readEntropy(vault.value, key, database) : undefined;
    if (!entropy?.ok) throw new Error('The vault of the open account was damaged on the disk');
    return entropy.value;
  }

  #openWithWords(
    stored: StoredAccount,
    words: string,
  ): Result<{ readonly vault: Vault; readonly open: OpenVault }, PhraseFailure | VaultDamaged> {
    const entropy = readRecoveryPhrase(words);
    if (!entropy.ok) return entropy;
    const account = createAccount(entropy.value);
    wipe(entropy.value);
    account.signing.secret.wipe();
    const vault = decodeVault(stored.vault);
    const key = vault.ok ? unlockWithRecoveryKey(vault.value, account.recoveryKey) : vault;
    account.recoveryKey.wipe();
    if (!vault.ok) return vault;
    if (!key.ok) return fail(key.failure.kind === 'wrong-key' ? { kind: 'words-wrong' } : key.failure);
    const open = takeUp(vault.value, key.value, stored.database);
    return open.ok ? succeed({ vault: vault.value, open: open.value }) : open;
  }

  async #prepare(userName: string, password: string): Promise<PendingRegistration> {
    const entropy = this.#random(PHRASE_ENTROPY_BYTES);
    const words = recoveryWords(entropy);
    const { stored, open } = await this.#make({ entropy, userName, createdAt: this.#options.clock.now() }, password);
    wipe(entropy);
    return {
      words,
      finish: async () => {
        await this.#registry.add(stored);
        return open;
      },
    };
  }

  /** An account's vault in this browser, with a new device, in a new database; nothing of it is stored yet. */
  async #make(
    { entropy, userName, createdAt }: { readonly entropy: Bytes; readonly userName: string; readonly createdAt: number },
    password: string,
  ): Promise<{ readonly stored: StoredAccount; readonly open: OpenVault }> {
    const account = createAccount(entropy);
    const device = createDevice(account, FIRST_DEVICE_NAME, createdAt, this.#random);
    const database = `parley-${toBase64url(this.#random(DATABASE_NAME_BYTES))}`;
    const { vault, key } = await createVault(
      { userName, device, entropy, recoveryKey: account.recoveryKey, database },
      { password, cost: await this.#gauge.affordable(), hasher: this.#options.hasher },
      this.#random,
    );
    account.signing.secret.wipe();
    account.recoveryKey.wipe();
    const stored = { database, nameTag: await this.#tagOf(userName), vault: encodeVault(vault) };
    return { stored, open: holdOpen({ userName, device }, key, database) };
  }

  async #named(typedName: string): Promise<StoredAccount | undefined> {
    const userName = readUserName(typedName);
    return userName.ok ? this.#find(userName.value) : undefined;
  }

  async #find(userName: string): Promise<StoredAccount | undefined> {
    return this.#registry.find(await this.#tagOf(userName));
  }

  async #tagOf(userName: string): Promise<string> {
    await sodiumReady();
    return nameTag(userName, await this.#registry.salt());
  }
}

function listVersionOf({ device }: OpenVault): number {
  const own = verifyCredential(device.credential);
  assert(own.ok, 'a device carries a credential');
  return own.value.listVersion;
}

/** Whether the vault is this account's: its words would open it. */
function isOf(entropy: Bytes, { vault: encoded }: StoredAccount): boolean {
  const vault = decodeVault(encoded);
  if (!vault.ok) return false;
  const account = createAccount(entropy);
  const key = unlockWithRecoveryKey(vault.value, account.recoveryKey);
  account.signing.secret.wipe();
  account.recoveryKey.wipe();
  if (key.ok) key.value.wipe();
  return key.ok;
}

/** The key is taken over, or wiped. */
function takeUp(vault: Vault, key: VaultKey, database: string): Result<OpenVault, VaultDamaged> {
  const identity = readIdentity(vault, key, database);
  if (identity.ok) return succeed(holdOpen(identity.value, key, database));
  key.wipe();
  return identity;
}
