import { ml_kem768_x25519 as reference } from '@noble/post-quantum/hybrid.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { decapsulate, encapsulate, kemKeyPair } from '../../src/crypto/kem.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { toHex } from '../../src/lib/bytes.ts';
import { unhex } from '../support/hex.ts';

beforeAll(sodiumReady);

describe('X-Wing', () => {
  it('agrees with the first vector of draft-connolly-cfrg-xwing-kem, appendix C', () => {
    const pair = kemKeyPair(unhex('7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26'));
    const made = encapsulate(
      pair.publicKey,
      unhex(
        '3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2',
      ),
    );
    expect(toHex(made?.sharedSecret ?? new Uint8Array())).toBe('d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384');
    expect(made && decapsulate(made.ciphertext, pair.secret)).toEqual(made?.sharedSecret);
  });

  it('agrees byte for byte with an independent implementation, in both directions', () => {
    const [seed, randomness] = [randomBytes(32), randomBytes(64)];
    const ours = kemKeyPair(seed);
    const theirs = reference.keygen(seed);
    expect(ours.publicKey).toEqual(theirs.publicKey);
    const made = reference.encapsulate(ours.publicKey, randomness);
    expect(encapsulate(ours.publicKey, randomness)).toEqual({ ciphertext: made.cipherText, sharedSecret: made.sharedSecret });
    expect(decapsulate(new Uint8Array(made.cipherText), ours.secret)).toEqual(made.sharedSecret);
  });

  it('[C2] refuses a public key whose ML-KEM part is no such key, or whose X25519 part is of small order', () => {
    const { publicKey } = kemKeyPair(randomBytes(32));
    expect(encapsulate(publicKey.slice().fill(0xff, 0, 1184), randomBytes(64))).toBeUndefined();
    expect(encapsulate(publicKey.slice().fill(0, 1184), randomBytes(64))).toBeUndefined();
  });

  it('gives an unknown secret for a ciphertext made for somebody else, and none for one nobody makes', () => {
    const [alice, bob] = [kemKeyPair(randomBytes(32)), kemKeyPair(randomBytes(32))];
    const made = encapsulate(bob.publicKey, randomBytes(64));
    const ciphertext = made?.ciphertext ?? new Uint8Array(1120);
    expect(decapsulate(ciphertext, alice.secret)).not.toEqual(made?.sharedSecret);
    expect(decapsulate(ciphertext.slice().fill(0, 1088), bob.secret)).toBeUndefined();
  });
});
