/**
 * Log-ins that outlive their page: the vault key, sealed under an AES-GCM key that the browser holds and never hands out
 * (WebCrypto, `extractable: false`). Good against scripts that come later; a disk copied meanwhile holds both (VAULT.md V8).
 */
import type { Table } from 'dexie';
import { randomBytes } from '../crypto/random.ts';
import type { KeptLogIn, SessionKeys } from '../identity/ports.ts';
import { utf8, type Bytes } from '../lib/bytes.ts';
import { refusing } from './store-refused.ts';

/** Fresh for every key, and every key seals once. 96 bits (NIST SP 800-38D §5.2.1.1). */
const NONCE_BYTES = 12;
const VAULT_KEY_BYTES = 32;
const ALGORITHM = { name: 'AES-GCM', length: 256 } as const;

export interface SessionRow extends KeptLogIn {
  readonly key: CryptoKey;
  readonly nonce: Bytes;
  readonly sealed: Bytes;
}

/** `subtle` is missing on insecure origins: nothing is kept there. */
export function createSessionKeys(rows: Table<SessionRow, string>, subtle: SubtleCrypto | undefined): SessionKeys {
  return {
    keep: async ({ database, since, until }, vaultKey) => {
      if (!subtle) return;
      const logIn = { database, since, until };
      const key = await subtle.generateKey(ALGORITHM, false, ['encrypt', 'decrypt']);
      const nonce = randomBytes(NONCE_BYTES);
      const sealed = new Uint8Array(await subtle.encrypt(cipher(nonce, logIn), key, vaultKey.slice()));
      await refusing(rows.put({ ...logIn, key, nonce, sealed }));
    },
    kept: async () => {
      const all = await refusing(rows.toArray());
      return all.sort((a, b) => b.since - a.since).map(({ database, since, until }) => ({ database, since, until }));
    },
    open: async (database) => {
      const row = await refusing(rows.get(database));
      const vaultKey = row && subtle && (await openRow(row, subtle));
      return row && vaultKey && { logIn: { database, since: row.since, until: row.until }, vaultKey };
    },
    drop: (database) => refusing(rows.delete(database)),
  };
}

async function openRow(row: SessionRow, subtle: SubtleCrypto): Promise<Bytes | undefined> {
  try {
    const opened = new Uint8Array(await subtle.decrypt(cipher(row.nonce, row), row.key, row.sealed));
    return opened.length === VAULT_KEY_BYTES ? opened : undefined;
  } catch {
    // Whatever WebCrypto calls it: the row is not the one that was written here.
    return undefined;
  }
}

/** The account and the times are part of what is sealed: a row that was moved, or given more time, does not open. */
function cipher(nonce: Bytes, { database, since, until }: KeptLogIn): AesGcmParams {
  return { name: ALGORITHM.name, iv: nonce, additionalData: utf8(JSON.stringify(['parley/session/v1', database, since, until])) };
}
