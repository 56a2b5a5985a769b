/** Key derivation: HKDF-SHA-512 (RFC 5869). */
import { concat, utf8, type Bytes } from '../lib/bytes.ts';
import { hkdfSha512 } from './hmac.ts';
import { lengthPrefixed } from './length-prefix.ts';

/**
 * What a derived key is for. One label per purpose: two purposes that shared one would share a key. A new purpose is
 * written down here with its first use, and in PROTOCOL.md C4.
 */
type KeyPurpose =
  | 'root'
  | 'recovery/kek'
  | 'vault/kek'
  | 'backup/kek'
  | `vault/dek/${string}`
  | `vault/tag/${string}`
  | 'chan/keys'
  | 'chan/rekey'
  | 'rv/pair'
  | 'rv/fellow'
  | 'grp/door'
  | 'grp/proof'
  | 'rv/topic'
  | 'rv/member'
  | 'sig/key'
  | 'pqxdh'
  | 'dr/init'
  | 'dr/root'
  | 'dr/msg'
  | 'epoch/commit'
  | 'epoch/box'
  | 'epoch/msg'
  | 'epoch/body'
  | 'file/chunks';

export interface Derivation {
  /** At least 32 bytes of which nobody knows anything; passwords go through Argon2id first. */
  readonly secret: Uint8Array;
  readonly salt?: Uint8Array;
  readonly info: KeyPurpose;
  /** Tells apart several keys of one purpose: a day, a name, a role. */
  readonly context?: readonly Uint8Array[];
  /** Bytes wanted; 32 unless told, at most 16,320 (RFC 5869 §2.3). */
  readonly length?: number;
}

const KEY_BYTES = 32;

/** HKDF with info `parley/<purpose>/v1`, then the parts of the context, each with its length in front (PROTOCOL.md C4). */
export function deriveKey({ secret, salt, info, context = [], length = KEY_BYTES }: Derivation): Bytes {
  const label = utf8(`parley/${info}/v1`);
  return hkdfSha512(secret, salt, concat(label, ...context.map(lengthPrefixed)), length);
}
