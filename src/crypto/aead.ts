/** Authenticated encryption: XChaCha20-Poly1305-IETF (draft-irtf-cfrg-xchacha-03, libsodium). */
import { assert } from '../lib/assert.ts';
import { concat, type Bytes } from '../lib/bytes.ts';
import { randomBytes } from './random.ts';
import { owned, sodium } from './sodium.ts';

export const AEAD_KEY_BYTES = 32;
export const AEAD_NONCE_BYTES = 24;
export const AEAD_TAG_BYTES = 16;
/** How much longer than its plaintext a sealed text is. */
export const SEAL_OVERHEAD_BYTES = AEAD_NONCE_BYTES + AEAD_TAG_BYTES;

/** Seals under a random nonce, which stands in front: 192 bits never repeat by chance. `ad` is authenticated, not carried. */
export function seal(key: Uint8Array, plaintext: Uint8Array, ad: Uint8Array): Bytes {
  const nonce = randomBytes(AEAD_NONCE_BYTES);
  return concat(nonce, sealWithNonce(key, nonce, plaintext, ad));
}

/** The plaintext, or undefined when key, `ad` or any bit of `sealed` is not what was sealed. */
export function open(key: Uint8Array, sealed: Uint8Array, ad: Uint8Array): Bytes | undefined {
  if (sealed.length < SEAL_OVERHEAD_BYTES) return undefined;
  return openWithNonce(key, sealed.subarray(0, AEAD_NONCE_BYTES), sealed.subarray(AEAD_NONCE_BYTES), ad);
}

/** For protocols that count: the caller answers for never using a nonce twice with one key. */
export function sealWithNonce(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, ad: Uint8Array): Bytes {
  assertSizes(key, nonce);
  return owned(sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, ad, null, nonce, key));
}

export function openWithNonce(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, ad: Uint8Array): Bytes | undefined {
  assertSizes(key, nonce);
  if (sealed.length < AEAD_TAG_BYTES) return undefined;
  try {
    return owned(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, ad, nonce, key));
  } catch {
    // libsodium's one way to say that the tag is wrong; sizes, the other way to make it throw, are checked above.
    return undefined;
  }
}

function assertSizes(key: Uint8Array, nonce: Uint8Array): void {
  assert(key.length === AEAD_KEY_BYTES, 'an AEAD key has 32 bytes');
  assert(nonce.length === AEAD_NONCE_BYTES, 'an AEAD nonce has 24 bytes');
}
