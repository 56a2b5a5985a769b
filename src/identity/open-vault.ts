/** An account whose vault is open: what the house lives on until it is closed. */
import { deriveKey } from '../crypto/kdf.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Device } from './device.ts';
import type { VaultKey } from './key-slot.ts';
import type { Identity } from './vault.ts';

export interface OpenVault {
  /** As the person wrote it when registering. */
  readonly userName: string;
  /** Name of the account's own database: random, the same for the life of the account. */
  readonly database: string;
  /** This browser as one of the account's devices; names the account too. The account's own key stays in the vault. */
  readonly device: Device;
  /** What all else is derived from: to make another way in, or to keep a log-in. Never leaves this room otherwise. */
  readonly key: VaultKey;
  /** The 32-byte key that seals one table's rows. The caller owns the copy and wipes it. Throws once closed. */
  tableKey(table: string): Bytes;
  /** The 32-byte key of one table's keyed hashes. The caller owns the copy and wipes it. Throws once closed. */
  tagKey(table: string): Bytes;
  /** Wipes the keys. Stores and links made with them must be closed before. May be called twice. */
  close(): void;
}

/** Takes the keys over: they live until `close`. */
export function holdOpen({ userName, device }: Identity, key: VaultKey, database: string): OpenVault {
  return {
    userName,
    database,
    device,
    key,
    tableKey: (table) => deriveKey({ secret: key.expose(), info: `vault/dek/${table}` }),
    tagKey: (table) => deriveKey({ secret: key.expose(), info: `vault/tag/${table}` }),
    close: () => {
      key.wipe();
      device.signing.secret.wipe();
      device.agreement.secret.wipe();
    },
  };
}
