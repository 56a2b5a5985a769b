import { createHmac, hkdfSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { equalSecrets } from '../../src/crypto/compare.ts';
import { deriveCommittedKey } from '../../src/crypto/commitment.ts';
import { hmacSha512 } from '../../src/crypto/hmac.ts';
import { deriveKey } from '../../src/crypto/kdf.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { concat, toHex, utf8 } from '../../src/lib/bytes.ts';
import { unhex } from '../support/hex.ts';

beforeAll(sodiumReady);

const secret = randomBytes(32);

describe('deriving keys', () => {
  it('[C4] is HKDF-SHA-512 with the purpose in the info', () => {
    const salt = randomBytes(64);
    const expected = hkdfSync('sha512', secret, salt, 'parley/chan/keys/v1', 224);
    expect(deriveKey({ secret, salt, info: 'chan/keys', length: 224 })).toEqual(new Uint8Array(expected));
  });

  it('[C4] without a salt uses the empty one, and gives 32 bytes', () => {
    const expected = hkdfSync('sha512', secret, '', 'parley/recovery/kek/v1', 32);
    expect(deriveKey({ secret, info: 'recovery/kek' })).toEqual(new Uint8Array(expected));
  });

  it('[C4] writes each part of the context with its length', () => {
    const info = concat(utf8('parley/rv/topic/v1'), unhex('00000002 6162'), unhex('00000001 63'));
    const expected = hkdfSync('sha512', secret, '', info, 32);
    expect(deriveKey({ secret, info: 'rv/topic', context: [utf8('ab'), utf8('c')] })).toEqual(new Uint8Array(expected));
    expect(deriveKey({ secret, info: 'rv/topic', context: [utf8('a'), utf8('bc')] })).not.toEqual(new Uint8Array(expected));
  });

  it('[C4] gives each purpose and each context a key of its own', () => {
    const keys = [
      deriveKey({ secret, info: 'rv/topic' }),
      deriveKey({ secret, info: 'rv/member' }),
      deriveKey({ secret, info: 'rv/topic', context: [utf8('monday')] }),
      deriveKey({ secret, info: 'rv/topic', context: [utf8('tuesday')] }),
      deriveKey({ secret, info: 'vault/dek/messages' }),
      deriveKey({ secret, info: 'vault/dek/contacts' }),
    ];
    expect(new Set(keys.map(toHex)).size).toBe(keys.length);
  });

  it('[C6] a committed key comes with a commitment that another secret does not have', () => {
    const mine = deriveCommittedKey({ secret, info: 'vault/kek' });
    const whole = deriveKey({ secret, info: 'vault/kek', length: 64 });
    expect(concat(mine.key, mine.commitment)).toEqual(whole);
    expect(equalSecrets(mine.commitment, deriveCommittedKey({ secret: randomBytes(32), info: 'vault/kek' }).commitment)).toBe(false);
  });
});

describe('HMAC-SHA-512', () => {
  it('agrees with RFC 4231, test case 2', () => {
    expect(toHex(hmacSha512(utf8('Jefe'), utf8('what do ya want '), utf8('for nothing?')))).toBe(
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    );
  });

  it('agrees with the one in Node', () => {
    const message = randomBytes(500);
    expect(toHex(hmacSha512(secret, message))).toBe(createHmac('sha512', secret).update(message).digest('hex'));
  });
});

describe('comparing secrets', () => {
  it('[C7] finds them equal, different, or of different lengths', () => {
    expect(equalSecrets(secret, secret.slice())).toBe(true);
    const changed = secret.slice();
    changed[31] = (changed[31] ?? 0) ^ 1;
    expect(equalSecrets(secret, changed)).toBe(false);
    expect(equalSecrets(secret, secret.subarray(0, 31))).toBe(false);
  });
});
