import { beforeAll, describe, expect, it } from 'vitest';
import { checkTrustCode, fingerprintOf, safetyNumberOf, writeTrustCode } from '../../src/contacts/safety-number.ts';
import { createAccount } from '../../src/identity/account.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { concat } from '../../src/lib/bytes.ts';
import { accountIdOf, type AccountId } from '../../src/protocol/ids.ts';

const idOf = (byte: number): AccountId => accountIdOf(new Uint8Array(32).fill(byte));
const [alice, bob, mallory] = [idOf(0xa1), idOf(0xb0), idOf(0x66)];
const numberOf = (one: AccountId, other: AccountId) => safetyNumberOf(fingerprintOf(one), fingerprintOf(other));

describe('[T1] the safety number', () => {
  it('is the same on both sides, twelve groups of five digits', () => {
    const onAlices = numberOf(alice, bob);
    expect(onAlices).toEqual(numberOf(bob, alice));
    expect(onAlices).toHaveLength(12);
    expect(onAlices.every((group) => /^\d{5}$/.test(group))).toBe(true);
  });

  it('is another with anybody else', () => {
    expect(numberOf(alice, mallory)).not.toEqual(numberOf(alice, bob));
    expect(numberOf(mallory, bob)).not.toEqual(numberOf(alice, bob));
  });

  it('stays what it was when Parley is built anew: frozen', () => {
    expect(fingerprintOf(alice).join(' ')).toBe('48561 08489 18528 13106 53141 25743');
    expect(numberOf(alice, bob).join(' ')).toBe('48561 08489 18528 13106 53141 25743 67544 51209 67585 93842 37527 61291');
  });
});

describe('[T2] the code on the screen', () => {
  let me: AccountId;
  beforeAll(async () => {
    await sodiumReady();
    me = createAccount(new Uint8Array(32).fill(7)).id;
  });

  it('fits when it is the contact’s and made for me', () => {
    expect(checkTrustCode(writeTrustCode(bob, me), me, bob)).toEqual({ ok: true, value: undefined });
  });

  it.each([
    ['the contact takes me for somebody else', () => writeTrustCode(bob, mallory)],
    ['it is on somebody else’s screen', () => writeTrustCode(mallory, me)],
    ['it is my own', () => writeTrustCode(me, bob)],
  ])('differs when %s', (_, make) => {
    expect(checkTrustCode(make(), me, bob)).toEqual({ ok: false, failure: { kind: 'code-differs' } });
  });

  it.each([
    ['nothing', () => new Uint8Array()],
    ['a byte too few', () => writeTrustCode(bob, me).subarray(1)],
    ['a byte too many', () => concat(writeTrustCode(bob, me), new Uint8Array(1))],
    ['another version', () => concat(new Uint8Array([2]), writeTrustCode(bob, me).subarray(1))],
  ])('is foreign when it is %s', (_, make) => {
    expect(checkTrustCode(make(), me, bob)).toEqual({ ok: false, failure: { kind: 'code-foreign' } });
  });
});
