import { blake2b } from '@noble/hashes/blake2.js';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { hash, keyedHash, sha512 } from '../../src/crypto/hash.ts';
import { lengthPrefixed } from '../../src/crypto/length-prefix.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { concat, EMPTY, toHex, utf8 } from '../../src/lib/bytes.ts';

beforeAll(sodiumReady);

describe('hashing', () => {
  it('is BLAKE2b-256 of the parts joined', () => {
    const part = randomBytes(200);
    expect(toHex(hash(EMPTY))).toBe('0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8');
    expect(hash(part, utf8('tail'))).toEqual(blake2b(concat(part, utf8('tail')), { dkLen: 32 }));
  });

  it('with a key is keyed BLAKE2b-256', () => {
    const key = randomBytes(32);
    const part = randomBytes(200);
    expect(keyedHash(key, part, part)).toEqual(blake2b(concat(part, part), { dkLen: 32, key }));
    expect(() => keyedHash(randomBytes(16), part)).toThrow('hash key');
  });

  it('SHA-512 agrees with the one in Node', () => {
    const part = randomBytes(300);
    expect(toHex(sha512(part, part))).toBe(createHash('sha512').update(part).update(part).digest('hex'));
  });

  it('[C3] a length in front keeps pieces apart', () => {
    expect(toHex(lengthPrefixed(utf8('ab')))).toBe('000000026162');
    const [one, other] = [
      ['ab', 'c'],
      ['a', 'bc'],
    ].map((texts) => concat(...texts.map((text) => lengthPrefixed(utf8(text)))));
    expect(one).not.toEqual(other);
  });
});
