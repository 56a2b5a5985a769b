/** Every primitive against published vectors, through the functions the rest of the program calls. */
import { hkdfSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { openWithNonce, sealWithNonce } from '../../src/crypto/aead.ts';
import { agree, agreementKeyPair } from '../../src/crypto/agreement.ts';
import { hash, sha512 } from '../../src/crypto/hash.ts';
import { hkdfSha512, hmacSha512 } from '../../src/crypto/hmac.ts';
import { decapsulate, encapsulate, kemKeyPair } from '../../src/crypto/kem.ts';
import { signingKeyPair } from '../../src/crypto/sign.ts';
import { owned, sodium, sodiumReady } from '../../src/crypto/sodium.ts';
import { unhex } from '../support/hex.ts';
import vectors from '../vectors/rfc.json' with { type: 'json' };

beforeAll(sodiumReady);

describe('published vectors', () => {
  it.each(vectors.x25519)('X25519: $source', ({ secret, publicKey, shared }) => {
    expect(agree(agreementKeyPair(unhex(secret)).secret, unhex(publicKey))).toEqual(unhex(shared));
  });

  it.each(vectors.ed25519)('Ed25519: $source', ({ seed, publicKey, message, signature }) => {
    const pair = signingKeyPair(unhex(seed));
    expect(pair.publicKey).toEqual(unhex(publicKey));
    expect(owned(sodium.crypto_sign_detached(unhex(message), pair.secret.expose()))).toEqual(unhex(signature));
    expect(sodium.crypto_sign_verify_detached(unhex(signature), unhex(message), pair.publicKey)).toBe(true);
  });

  it.each(vectors.hmacSha512)('HMAC-SHA-512: $source', ({ key, message, mac }) => {
    expect(hmacSha512(unhex(key), unhex(message))).toEqual(unhex(mac));
  });

  it.each(vectors.hkdfSha512)('HKDF-SHA-512: $source', ({ secret, salt, info, output }) => {
    const expected = unhex(output);
    expect(hkdfSha512(unhex(secret), unhex(salt), unhex(info), expected.length)).toEqual(expected);
    expect(new Uint8Array(hkdfSync('sha512', unhex(secret), unhex(salt), unhex(info), expected.length))).toEqual(expected);
  });

  it.each(vectors.sha512)('SHA-512: $source', ({ message, hash: expected }) => {
    expect(sha512(unhex(message))).toEqual(unhex(expected));
  });

  it.each(vectors.blake2b256)('BLAKE2b-256: $source', ({ message, hash: expected }) => {
    expect(hash(unhex(message))).toEqual(unhex(expected));
  });

  it.each(vectors.xchacha20poly1305)('XChaCha20-Poly1305: $source', ({ key, nonce, ad, plaintext, sealed }) => {
    expect(sealWithNonce(unhex(key), unhex(nonce), unhex(plaintext), unhex(ad))).toEqual(unhex(sealed));
    expect(openWithNonce(unhex(key), unhex(nonce), unhex(sealed), unhex(ad))).toEqual(unhex(plaintext));
  });

  it.each(vectors.xWing)('X-Wing: $source', ({ seed, randomness, shared }) => {
    const pair = kemKeyPair(unhex(seed));
    const made = encapsulate(pair.publicKey, unhex(randomness));
    expect(made?.sharedSecret).toEqual(unhex(shared));
    expect(made && decapsulate(made.ciphertext, pair.secret)).toEqual(unhex(shared));
  });
});
