/** What identity needs from outside: a place for sealed vaults, a slow password hash, keys the browser holds, passkeys. */
import type { Bytes } from '../lib/bytes.ts';
import type { Result } from '../lib/result.ts';

/** Argon2id (RFC 9106) with p = 1. Memory in KiB. */
export interface PasswordCost {
  readonly memory: number;
  readonly passes: number;
}

export interface PasswordHasher {
  /** 32 bytes from the password's UTF-8 and a 16-byte salt. Runs off the main thread where there is one; takes up to a second. */
  hash(password: Uint8Array, salt: Uint8Array, cost: PasswordCost): Promise<Bytes>;
}

/** One account as this browser keeps it: nothing in it is readable without the password. */
export interface StoredAccount {
  /** Name of the account's own database: random. */
  readonly database: string;
  /** Keyed hash of the user name: finds the account without telling the name. */
  readonly nameTag: string;
  /** Sealed key slots and the sealed identity (see vault.ts). */
  readonly vault: Bytes;
  /** Wrong passwords since the last right one; missing when there were none. */
  readonly tries?: WrongTries | undefined;
}

/** What wrong passwords have cost so far (VAULT.md V6, V7). */
export interface WrongTries {
  readonly count: number;
  /** Milliseconds to wait, counted from `since`. */
  readonly wait: number;
  /** Milliseconds since 1970, as the device believed. */
  readonly since: number;
}

export interface AccountRegistry {
  /** 32 random bytes made once per browser: the key of all name tags. */
  salt(): Promise<Bytes>;
  count(): Promise<number>;
  find(nameTag: string): Promise<StoredAccount | undefined>;
  /** By the name of its database. */
  at(database: string): Promise<StoredAccount | undefined>;
  /** Rejects when the name tag is there already. */
  add(account: StoredAccount): Promise<void>;
  /**
   * Changes an account in one step, so that nothing another tab does comes between reading and writing. Gives what is kept
   * now; undefined when there is no such account.
   */
  amend(database: string, change: (account: StoredAccount) => StoredAccount): Promise<StoredAccount | undefined>;
  remove(database: string): Promise<void>;
}

/** A log-in that outlives its page: until then, this browser opens the account without being asked for a password. */
export interface KeptLogIn {
  readonly database: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly until: number;
}

/** Keeps vault keys sealed under keys that the browser holds and hands to no script (VAULT.md V8). */
export interface SessionKeys {
  /** Keeps a copy of the key, in place of what was kept for the account. Does nothing where the browser cannot hold keys. */
  keep(logIn: KeptLogIn, vaultKey: Uint8Array): Promise<void>;
  /** What is kept, the latest first. Not proven yet: `open` does that. */
  kept(): Promise<readonly KeptLogIn[]>;
  /** The key, for the caller to wipe; undefined when none is kept or what is kept was changed. */
  open(database: string): Promise<{ readonly logIn: KeptLogIn; readonly vaultKey: Bytes } | undefined>;
  drop(database: string): Promise<void>;
}

/** How an account's owner wants it guarded. Kept in the account itself: nobody else can loosen it. */
export interface SecuritySettings {
  /** Locks by itself after so many minutes without a key, touch or pointer; undefined: never. */
  readonly lockAfterMinutes: number | undefined;
  /** Locks as soon as the page is hidden. */
  readonly lockWhenHidden: boolean;
  /** How many hours a log-in lasts over reloads and closed tabs; 0: the password every time. */
  readonly staysInHours: number;
}

export interface SecurityStore {
  load(): Promise<SecuritySettings | undefined>;
  save(settings: SecuritySettings): Promise<void>;
}

/** A passkey as the vault knows it. */
export interface KnownPasskey {
  /** The authenticator's name for it. */
  readonly credentialId: Bytes;
  /** 32 bytes that it turns into a secret. */
  readonly salt: Bytes;
}

export interface PasskeyAnswer {
  readonly credentialId: Bytes;
  /** 32 bytes that this passkey alone makes of its salt (WebAuthn PRF). The caller wipes them. */
  readonly secret: Bytes;
}

/** `passkey-unsupported`: it cannot make secrets, or is not allowed here. `passkey-unknown`: it opens nothing of this account. */
export type PasskeyFailure = { readonly kind: 'passkey-cancelled' | 'passkey-unsupported' | 'passkey-unknown' };

export interface Passkeys {
  /** Whether this browser can have passkeys that make secrets. Whether a device at hand can, only trying tells. */
  readonly possible: boolean;
  /** Asks the person to make one. `name` is what the authenticator shows. */
  create(
    name: string,
    salt: Bytes,
    existing: readonly KnownPasskey[],
  ): Promise<Result<PasskeyAnswer, PasskeyFailure | { readonly kind: 'passkey-exists' }>>;
  /** Asks the person for one of these. */
  ask(known: readonly KnownPasskey[]): Promise<Result<PasskeyAnswer, PasskeyFailure>>;
  /** Tells the authenticator, where it listens, that this one is of no more use. */
  forget(credentialId: Bytes): void;
}
