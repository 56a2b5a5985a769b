import { argon2id as reference } from '@noble/hashes/argon2.js';
import { describe, expect, it } from 'vitest';
import { ARGON2ID_CEILING, ARGON2ID_FLOOR, isAcceptableCost } from '../../src/crypto/argon2id-cost.ts';
import { argon2id } from '../../src/crypto/argon2id.ts';
import { utf8 } from '../../src/lib/bytes.ts';

const salt = new Uint8Array(16).fill(7);

describe('Argon2id', () => {
  it('agrees with an independent implementation', async () => {
    const password = utf8('correct horse battery 晤谈');
    const { memory, passes } = ARGON2ID_FLOOR;
    expect(await argon2id(password, salt, ARGON2ID_FLOOR)).toEqual(reference(password, salt, { m: memory, t: passes, p: 1, dkLen: 32 }));
  }, 30_000);

  it.each([
    ['too little memory', { memory: ARGON2ID_FLOOR.memory - 1, passes: 3 }],
    ['too few passes', { memory: ARGON2ID_FLOOR.memory, passes: 2 }],
    ['memory that would take the browser down', { memory: ARGON2ID_CEILING.memory + 1, passes: 3 }],
    ['passes that would never end', { memory: ARGON2ID_FLOOR.memory, passes: 11 }],
    ['half a pass', { memory: ARGON2ID_FLOOR.memory, passes: 3.5 }],
    ['no number', { memory: Number.NaN, passes: 3 }],
  ])('refuses %s', async (_, cost) => {
    expect(isAcceptableCost(cost)).toBe(false);
    await expect(argon2id(utf8('password'), salt, cost)).rejects.toThrow(RangeError);
  });

  it('refuses a salt of another size', async () => {
    await expect(argon2id(utf8('password'), new Uint8Array(8), ARGON2ID_FLOOR)).rejects.toThrow('salt');
  });
});
