import { createPublicKey, verify as verifyInNode } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { hash } from '../../src/crypto/hash.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { isSignature, sign, signatureOf, signedId, signingKeyPair, signingSeedOf, verify } from '../../src/crypto/sign.ts';
import { owned, sodium, sodiumReady } from '../../src/crypto/sodium.ts';
import { concat, EMPTY, toBase64url, toHex, utf8 } from '../../src/lib/bytes.ts';
import { unhex } from '../support/hex.ts';

beforeAll(sodiumReady);

const RFC_8032_SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const payload = utf8('alice vouches for her laptop');

describe('signing', () => {
  it('makes key pairs and signatures as RFC 8032 §7.1 does', () => {
    const pair = signingKeyPair(unhex(RFC_8032_SEED));
    expect(toHex(pair.publicKey)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
    expect(toHex(signingSeedOf(pair))).toBe(RFC_8032_SEED);
    expect(toHex(owned(sodium.crypto_sign_detached(EMPTY, pair.secret.expose())))).toBe(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    );
  });

  it('[C5] covers prefix, context and payload, each with its length, in bytes another implementation accepts', () => {
    const pair = signingKeyPair(randomBytes(32));
    const { signature } = sign('devcert', payload, pair);
    const statement = concat(utf8('parley/sig/v1\0'), unhex('07'), utf8('devcert'), unhex('0000001c'), payload);
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: toBase64url(pair.publicKey) } });
    expect(payload.length).toBe(0x1c);
    expect(verifyInNode(null, statement, key, signature)).toBe(true);
  });

  it('[C5] hands out the payload of a good signature and nothing of a bad one', () => {
    const signed = sign('devcert', payload, signingKeyPair(randomBytes(32)));
    expect(verify('devcert', signed)).toEqual(payload);
    expect(verify('devcert', { ...signed, payload: utf8('alice vouches for the thief') })).toBeUndefined();
    expect(verify('devcert', { ...signed, key: signingKeyPair(randomBytes(32)).publicKey })).toBeUndefined();
    expect(verify('devcert', { ...signed, key: new Uint8Array(32) })).toBeUndefined();
  });

  it('[C5] does not take a signature given in one context for another', () => {
    const pair = signingKeyPair(randomBytes(32));
    const contexts = ['devcert', 'devlist', 'chan-sigI', 'chan-sigR', 'grp-op', 'grp-msg', 'grp-mark'] as const;
    for (const given of contexts) {
      const signature = signatureOf(given, payload, pair);
      for (const wanted of contexts) expect(isSignature(wanted, payload, signature, pair.publicKey)).toBe(given === wanted);
    }
  });

  it('[C5] refuses a signature whose S was raised by the group order', () => {
    const signed = sign('devlist', payload, signingKeyPair(randomBytes(32)));
    expect(verify('devlist', { ...signed, signature: malleated(signed.signature) })).toBeUndefined();
  });

  it('[C5] names what was signed, not how: the signature is no part of the id', () => {
    const pair = signingKeyPair(randomBytes(32));
    const signed = sign('devcert', payload, pair);
    const expected = hash(utf8('parley/id/v1\0'), unhex('00000007'), utf8('devcert'), pair.publicKey, payload);
    expect(signedId('devcert', signed)).toEqual(expected);
    expect(signedId('devcert', { ...signed, signature: randomBytes(64) } as typeof signed)).toEqual(expected);
    expect(signedId('devlist', signed)).not.toEqual(expected);
  });
});

describe('the source', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

  it('[C4] derives keys of one purpose in one file only', () => {
    const homes = new Map<string, Set<string>>();
    for (const name of files) {
      for (const [, purpose = ''] of readFileSync(`src/${name}`, 'utf8').matchAll(/info: ['`]([a-z/]+)/g)) {
        homes.set(purpose, (homes.get(purpose) ?? new Set()).add(name));
      }
    }
    expect(homes.size).toBeGreaterThan(6);
    expect([...homes].filter(([, names]) => names.size > 1)).toEqual([]);
  });

  it('[C2] never turns a signing key into an agreement key', () => {
    const offenders = files.filter((name) => readFileSync(`src/${name}`, 'utf8').includes('to_curve25519'));
    expect(offenders).toEqual([]);
  });
});

/** The same signature with S + L in place of S: valid to a careless verifier (RFC 8032 §8.4). */
function malleated(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const order = unhex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
  const changed = new Uint8Array(signature);
  let carry = 0;
  for (let index = 0; index < 32; index++) {
    const sum = (changed[32 + index] ?? 0) + (order[index] ?? 0) + carry;
    changed[32 + index] = sum & 0xff;
    carry = sum >> 8;
  }
  return changed;
}
