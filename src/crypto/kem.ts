/**
 * Key encapsulation: X-Wing (draft-connolly-cfrg-xwing-kem-06), ML-KEM-768 and X25519 in one. The shared secret is safe as
 * long as either of the two is.
 */
import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { Secret } from './secret.ts';
import { owned, sodium } from './sodium.ts';

export const KEM_SEED_BYTES = 32;
const KEM_PUBLIC_KEY_BYTES = 1216;
const KEM_CIPHERTEXT_BYTES = 1120;
/** Randomness of one encapsulation: 32 bytes for each of the two schemes. */
export const KEM_RANDOMNESS_BYTES = 64;

export type KemSecret = Secret<'kem'>;

export interface KemKeyPair {
  /** 1,216 bytes. */
  readonly publicKey: Bytes;
  readonly secret: KemSecret;
}

export interface Encapsulation {
  /** 1,120 bytes, for the owner of the key. */
  readonly ciphertext: Bytes;
  /** 32 bytes. */
  readonly sharedSecret: Bytes;
}

/** The key pair of 32 random bytes. */
export function kemKeyPair(seed: Uint8Array): KemKeyPair {
  assert(seed.length === KEM_SEED_BYTES, 'a KEM seed has 32 bytes');
  const { publicKey, privateKey } = sodium.crypto_kem_xwing_seed_keypair(seed);
  return { publicKey: owned(publicKey), secret: new Secret('kem', owned(privateKey)) };
}

/** A fresh shared secret for the owner of `publicKey`, from 64 random bytes; undefined when it is no valid key (FIPS 203 §7.2, small order). */
export function encapsulate(publicKey: Uint8Array, randomness: Uint8Array): Encapsulation | undefined {
  assert(publicKey.length === KEM_PUBLIC_KEY_BYTES, 'a KEM public key has 1,216 bytes');
  assert(randomness.length === KEM_RANDOMNESS_BYTES, 'encapsulation takes 64 random bytes');
  try {
    const { ciphertext, sharedSecret } = sodium.crypto_kem_xwing_enc_deterministic(publicKey, randomness);
    return { ciphertext: owned(ciphertext), sharedSecret: owned(sharedSecret) };
  } catch {
    // libsodium's one way to refuse a key; sizes are checked above.
    return undefined;
  }
}

/**
 * The shared secret; for a ciphertext not made for this key, one that nobody knows (implicit rejection, FIPS 203 §6.3).
 * Undefined when its X25519 part is of small order, which no encapsulation produces.
 */
export function decapsulate(ciphertext: Uint8Array, secret: KemSecret): Bytes | undefined {
  assert(ciphertext.length === KEM_CIPHERTEXT_BYTES, 'a KEM ciphertext has 1,120 bytes');
  const seed = secret.expose();
  try {
    return owned(sodium.crypto_kem_xwing_dec(ciphertext, seed));
  } catch {
    // libsodium's one way to say so; sizes are checked above.
    return undefined;
  }
}
