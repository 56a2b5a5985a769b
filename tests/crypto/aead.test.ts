import { beforeAll, describe, expect, it } from 'vitest';
import { open, openWithNonce, seal, SEAL_OVERHEAD_BYTES, sealWithNonce } from '../../src/crypto/aead.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { EMPTY, toHex, utf8 } from '../../src/lib/bytes.ts';
import { unhex } from '../support/hex.ts';

beforeAll(sodiumReady);

const counting = (length: number, first: number) => Uint8Array.from({ length }, (_, index) => first + index);

describe('sealing', () => {
  it('agrees with draft-irtf-cfrg-xchacha-03, A.3.1', () => {
    const text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    const sealed = sealWithNonce(counting(32, 0x80), counting(24, 0x40), utf8(text), unhex('50515253c0c1c2c3c4c5c6c7'));
    expect(toHex(sealed)).toBe(
      'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452' +
        '2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e' +
        'c0875924c1c7987947deafd8780acf49',
    );
  });

  it('gives back what was sealed, and never the same bytes twice', () => {
    const key = randomBytes(32);
    const ad = utf8('a letter');
    const first = seal(key, utf8('hello bob'), ad);
    expect(open(key, first, ad)).toEqual(utf8('hello bob'));
    expect(first.length).toBe(9 + SEAL_OVERHEAD_BYTES);
    expect(seal(key, utf8('hello bob'), ad)).not.toEqual(first);
  });

  it('opens nothing when a single bit of it differs', () => {
    const key = randomBytes(32);
    const sealed = seal(key, utf8('hello bob'), EMPTY);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(open(key, changed, EMPTY)).toBeUndefined();
    }
  });

  it('opens nothing under another key, another context, or when cut short', () => {
    const key = randomBytes(32);
    const sealed = seal(key, utf8('hello bob'), utf8('a letter'));
    expect(open(randomBytes(32), sealed, utf8('a letter'))).toBeUndefined();
    expect(open(key, sealed, utf8('a bill'))).toBeUndefined();
    for (let length = 0; length < sealed.length; length++) expect(open(key, sealed.subarray(0, length), utf8('a letter'))).toBeUndefined();
  });

  it('takes a key or nonce of the wrong size for the bug it is', () => {
    expect(() => seal(randomBytes(31), EMPTY, EMPTY)).toThrow('AEAD key');
    expect(() => openWithNonce(randomBytes(32), randomBytes(12), randomBytes(16), EMPTY)).toThrow('AEAD nonce');
  });
});
