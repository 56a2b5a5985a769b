import { beforeAll, describe, expect, it } from 'vitest';
import { agreementKeyPair } from '../../src/crypto/agreement.ts';
import { kemKeyPair } from '../../src/crypto/kem.ts';
import { Secret } from '../../src/crypto/secret.ts';
import { signingKeyPair } from '../../src/crypto/sign.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { wipe } from '../../src/crypto/wipe.ts';
import { printsOf } from '../support/prints.ts';

beforeAll(sodiumReady);

/** 171 in every way a byte is printed: decimal or hexadecimal. */
const canary = () => new Uint8Array(32).fill(0xab);
const CANARY_PRINTS = /171, ?171|171,"1"|ab ab|abab|q6ur/i;

describe('a secret', () => {
  it('does not print, however it is tried', () => {
    for (const print of printsOf({ bare: canary() }).slice(0, -1)) expect(print).toMatch(CANARY_PRINTS);
    for (const print of printsOf({ deep: { secret: new Secret('signing', canary()) } })) expect(print).not.toMatch(CANARY_PRINTS);
    expect(String(new Secret('signing', canary()))).toBe('[secret: signing]');
  });

  it.each([
    ['signing', () => signingKeyPair(canary())],
    ['agreement', () => agreementKeyPair(canary())],
    ['encapsulation', () => kemKeyPair(canary())],
  ])('of a key pair for %s does not print either', (_, make) => {
    const pair = { secret: make().secret };
    for (const print of printsOf(pair)) expect(print).not.toMatch(CANARY_PRINTS);
  });

  it('is gone once wiped, and using it again is a bug', () => {
    const bytes = canary();
    const secret = new Secret('signing', bytes);
    expect(secret.expose()).toBe(bytes);
    secret.wipe();
    expect(bytes).toEqual(new Uint8Array(32));
    expect(() => secret.expose()).toThrow('wiped');
  });

  it('is overwritten in place when wiped as bare bytes', () => {
    const [one, other] = [canary(), canary()];
    wipe(one, other);
    expect([...one, ...other].every((byte) => byte === 0)).toBe(true);
  });
});
