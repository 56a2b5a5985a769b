/**
 * Signatures: Ed25519 (RFC 8032), each for one purpose, over the bytes that are carried (PROTOCOL.md C5).
 *
 * What was signed is never encoded again to be verified, and never parsed before it is verified.
 */
import { assert } from '../lib/assert.ts';
import { concat, utf8, type Bytes } from '../lib/bytes.ts';
import { hash } from './hash.ts';
import { lengthPrefixed } from './length-prefix.ts';
import { Secret } from './secret.ts';
import { owned, sodium } from './sodium.ts';

export const SIGNING_SEED_BYTES = 32;
const SIGNING_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** What a signature says. One context per statement, so that none can be offered as another. */
export type SignatureContext =
  'devcert' | 'devlist' | 'chan-sigI' | 'chan-sigR' | 'prekeys' | 'grp-op' | 'join-req' | 'invite-proof' | 'grp-msg' | 'grp-mark';

type SigningSecret = Secret<'signing'>;

export interface SigningKeyPair {
  /** 32 bytes. */
  readonly publicKey: Bytes;
  readonly secret: SigningSecret;
}

/** A payload, who signed it, and the proof. The context is not carried: where a thing is found says what it must be. */
export interface Signed {
  readonly payload: Bytes;
  readonly key: Bytes;
  readonly signature: Bytes;
}

const SIGNATURE_PREFIX = utf8('parley/sig/v1\0');
const ID_PREFIX = utf8('parley/id/v1\0');

/** The key pair of a 32-byte seed; the seed itself is not kept. */
export function signingKeyPair(seed: Uint8Array): SigningKeyPair {
  assert(seed.length === SIGNING_SEED_BYTES, 'a signing seed has 32 bytes');
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
  return { publicKey: owned(publicKey), secret: new Secret('signing', owned(privateKey)) };
}

/** The seed a key pair was made from, as a copy: what a vault stores. */
export function signingSeedOf({ secret }: SigningKeyPair): Bytes {
  return secret.expose().slice(0, SIGNING_SEED_BYTES);
}

export function sign(context: SignatureContext, payload: Bytes, keyPair: SigningKeyPair): Signed {
  return { payload, key: keyPair.publicKey, signature: signatureOf(context, payload, keyPair) };
}

/** The payload if `signed.key` signed it in this context, else undefined. Whether that key is anybody's business is the caller's question. */
export function verify(context: SignatureContext, signed: Signed): Bytes | undefined {
  return isSignature(context, signed.payload, signed.signature, signed.key) ? signed.payload : undefined;
}

/** The bare 64-byte signature, where both sides know payload and key. */
export function signatureOf(context: SignatureContext, payload: Uint8Array, { secret }: SigningKeyPair): Bytes {
  return owned(sodium.crypto_sign_detached(statement(context, payload), secret.expose()));
}

/** libsodium refuses malleated signatures and keys of small order. */
export function isSignature(context: SignatureContext, payload: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  assert(signature.length === SIGNATURE_BYTES && publicKey.length === SIGNING_KEY_BYTES, 'signatures have 64 bytes, their keys 32');
  return sodium.crypto_sign_verify_detached(signature, statement(context, payload), publicKey);
}

/** Names a signed thing: 32 bytes from context, key and payload. The signature is left out, so that nobody can rename it. */
export function signedId(context: SignatureContext, { key, payload }: Pick<Signed, 'key' | 'payload'>): Bytes {
  return hash(ID_PREFIX, lengthPrefixed(utf8(context)), key, payload);
}

function statement(context: SignatureContext, payload: Uint8Array): Bytes {
  const name = utf8(context);
  return concat(SIGNATURE_PREFIX, new Uint8Array([name.length]), name, lengthPrefixed(payload));
}
