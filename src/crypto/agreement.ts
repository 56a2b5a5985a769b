/** Key agreement: X25519 (RFC 7748). */
import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { Secret } from './secret.ts';
import { owned, sodium } from './sodium.ts';

export const AGREEMENT_KEY_BYTES = 32;

export type AgreementSecret = Secret<'agreement'>;

export interface AgreementKeyPair {
  /** 32 bytes. */
  readonly publicKey: Bytes;
  readonly secret: AgreementSecret;
}

/** The key pair of 32 random bytes, which are taken over. */
export function agreementKeyPair(secret: Bytes): AgreementKeyPair {
  assert(secret.length === AGREEMENT_KEY_BYTES, 'an agreement secret has 32 bytes');
  return { publicKey: owned(sodium.crypto_scalarmult_base(secret)), secret: new Secret('agreement', secret) };
}

/** The 32 bytes both ends arrive at, to be derived from; undefined for a public key of small order (the result would be zero: RFC 7748 §6.1). */
export function agree(secret: AgreementSecret, publicKey: Uint8Array): Bytes | undefined {
  assert(publicKey.length === AGREEMENT_KEY_BYTES, 'an agreement key has 32 bytes');
  const scalar = secret.expose();
  try {
    return owned(sodium.crypto_scalarmult(scalar, publicKey));
  } catch {
    // libsodium's one way to say that the result is zero; sizes are checked above.
    return undefined;
  }
}
