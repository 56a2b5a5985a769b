/** BLAKE2b (RFC 7693) for naming and tagging things, SHA-512 (FIPS 180-4) where a transcript feeds HKDF-SHA-512. */
import { assert } from '../lib/assert.ts';
import { concat, type Bytes } from '../lib/bytes.ts';
import { owned, sodium } from './sodium.ts';

export const HASH_BYTES = 32;
const HASH_KEY_BYTES = 32;

/** BLAKE2b-256 of the parts joined. Where their boundaries matter, the caller writes lengths (length-prefix.ts). */
export function hash(...parts: readonly Uint8Array[]): Bytes {
  return owned(sodium.crypto_generichash(HASH_BYTES, concat(...parts), null));
}

/** Keyed BLAKE2b-256 of the parts joined: without the 32-byte key it says nothing about what was hashed. */
export function keyedHash(key: Uint8Array, ...parts: readonly Uint8Array[]): Bytes {
  assert(key.length === HASH_KEY_BYTES, 'a hash key has 32 bytes');
  return owned(sodium.crypto_generichash(HASH_BYTES, concat(...parts), key));
}

/** SHA-512 of the parts joined: 64 bytes. */
export function sha512(...parts: readonly Uint8Array[]): Bytes {
  return owned(sodium.crypto_hash(concat(...parts)));
}
