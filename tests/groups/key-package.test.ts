import { beforeAll, describe, expect, it } from 'vitest';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import {
  createKeyPackages,
  forgetOldKeyPackages,
  isRefreshDue,
  keyPackageOf,
  keyPackageSecret,
  keyPackageTag,
  packKeyPackages,
  refreshKeyPackages,
  storedKeyPackages,
  unpackKeyPackages,
} from '../../src/groups/key-package.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import { pictureOf } from '../support/unchanged.ts';
import { valueOf } from '../support/value-of.ts';
import { NOW } from './talkers.ts';

beforeAll(sodiumReady);

const DAY_MS = 86_400_000;

describe('the key packages of a device', () => {
  it('[G41] open what was sealed to the key before the newest for 14 days, and then its secret is gone', () => {
    const first = createKeyPackages(NOW);
    const tag = keyPackageTag(keyPackageOf(first));
    const second = refreshKeyPackages(first, NOW + DAY_MS);
    expect(keyPackageOf(second)).not.toEqual(keyPackageOf(first));
    const kept = forgetOldKeyPackages(second, NOW + 15 * DAY_MS - 1);
    expect(kept).toBe(second);
    const secret = keyPackageSecret(kept, tag);
    expect(secret).toBeDefined();
    const forgotten = forgetOldKeyPackages(kept, NOW + 15 * DAY_MS);
    expect(keyPackageSecret(forgotten, tag)).toBeUndefined();
    expect(() => secret?.expose()).toThrow('wiped');
    expect(keyPackageSecret(forgotten, keyPackageTag(keyPackageOf(second)))).toBeDefined();
  });

  it('[G41] are refreshed after thirty days at the latest', () => {
    const own = createKeyPackages(NOW);
    expect(isRefreshDue(own, NOW + 30 * DAY_MS - 1)).toBe(false);
    expect(isRefreshDue(own, NOW + 30 * DAY_MS)).toBe(true);
    expect(isRefreshDue(refreshKeyPackages(own, NOW + 30 * DAY_MS), NOW + 30 * DAY_MS)).toBe(false);
  });

  it('rest and come back whole', () => {
    const own = refreshKeyPackages(refreshKeyPackages(createKeyPackages(NOW), NOW + 1), NOW + 2);
    const back = unpackKeyPackages(valueOf(decode(storedKeyPackages, encode(storedKeyPackages, packKeyPackages(own)))));
    expect(pictureOf(back)).toEqual(pictureOf(own));
  });

  it('never grow without end', () => {
    let own = createKeyPackages(NOW);
    for (let round = 1; round <= 70; round++) own = refreshKeyPackages(own, NOW + round);
    expect(own.former).toHaveLength(64);
  });
});
