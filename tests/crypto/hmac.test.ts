import { hkdf } from '@noble/hashes/hkdf.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { hkdfSha512, hmacSha512, hmacSha512Half } from '../../src/crypto/hmac.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { concat } from '../../src/lib/bytes.ts';

beforeAll(sodiumReady);

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((each) => new Uint8Array(each));

describe('HMAC and HKDF', () => {
  it('agree with Node’s own for keys and messages of any length, in one piece or two', () => {
    fc.assert(
      fc.property(bytes(300), bytes(300), bytes(300), (key, one, other) => {
        const expected = new Uint8Array(createHmac('sha512', key).update(one).update(other).digest());
        expect(hmacSha512(key, one, other)).toEqual(expected);
        expect(hmacSha512(key, concat(one, other))).toEqual(expected);
      }),
    );
  });

  it('of a short key, halved, agree with the whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), bytes(200), (key, message) => {
        expect(hmacSha512Half(new Uint8Array(key), message)).toEqual(hmacSha512(new Uint8Array(key), message).slice(0, 32));
      }),
    );
  });

  it('agree with noble’s, with and without salt, for all lengths', () => {
    fc.assert(
      fc.property(bytes(100), fc.option(bytes(200), { nil: undefined }), bytes(100), fc.nat({ max: 700 }), (secret, salt, info, length) => {
        expect(hkdfSha512(secret, salt, info, length)).toEqual(hkdf(sha512, secret, salt, info, length));
      }),
    );
    expect(hkdfSha512(new Uint8Array(32), undefined, undefined, 16_320).length).toBe(16_320);
    expect(() => hkdfSha512(new Uint8Array(32), undefined, undefined, 16_321)).toThrow('255');
  });
});
