/**
 * XChaCha20-Poly1305 does not commit to its key: a ciphertext can be made that opens under two keys. Where somebody could
 * gain from that (a vault with several slots, one ciphertext for several people), the key comes with a commitment that is
 * checked before anything is opened (PROTOCOL.md C6).
 */
import type { Bytes } from '../lib/bytes.ts';
import { AEAD_KEY_BYTES } from './aead.ts';
import { deriveKey, type Derivation } from './kdf.ts';

export const COMMITMENT_BYTES = 32;

/** A key and what proves that it is this one: stored or sent beside the ciphertext, compared with `equalSecrets`. */
export interface CommittedKey {
  readonly key: Bytes;
  readonly commitment: Bytes;
}

export function deriveCommittedKey(derivation: Omit<Derivation, 'length'>): CommittedKey {
  const both = deriveKey({ ...derivation, length: AEAD_KEY_BYTES + COMMITMENT_BYTES });
  return { key: both.slice(0, AEAD_KEY_BYTES), commitment: both.slice(AEAD_KEY_BYTES) };
}
