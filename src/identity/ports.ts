/** What identity needs from outside: a place for sealed vaults and a slow password hash. */
import type { Bytes } from '../lib/bytes.ts';

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
}

export interface AccountRegistry {
  /** 32 random bytes made once per browser: the key of all name tags. */
  salt(): Promise<Bytes>;
  count(): Promise<number>;
  find(nameTag: string): Promise<StoredAccount | undefined>;
  /** Rejects when the name tag is there already. */
  add(account: StoredAccount): Promise<void>;
  update(account: StoredAccount): Promise<void>;
}
