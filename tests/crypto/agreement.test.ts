import { beforeAll, describe, expect, it } from 'vitest';
import { agree, agreementKeyPair } from '../../src/crypto/agreement.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { toHex } from '../../src/lib/bytes.ts';
import { unhex } from '../support/hex.ts';

beforeAll(sodiumReady);

/** All points of small order with the encodings libraries have stumbled over (https://cr.yp.to/ecdh.html#validate). */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

describe('key agreement', () => {
  it('agrees with RFC 7748 §6.1', () => {
    const alice = agreementKeyPair(unhex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
    const bob = agreementKeyPair(unhex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
    expect(toHex(alice.publicKey)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(toHex(bob.publicKey)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    expect(agree(alice.secret, bob.publicKey)).toEqual(unhex(shared));
    expect(agree(bob.secret, alice.publicKey)).toEqual(unhex(shared));
  });

  it.each(SMALL_ORDER)('[C2] refuses a public key of small order: %s', (key) => {
    expect(agree(agreementKeyPair(randomBytes(32)).secret, unhex(key))).toBeUndefined();
  });
});
