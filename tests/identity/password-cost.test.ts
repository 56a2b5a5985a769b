import { describe, expect, it } from 'vitest';
import { CostGauge } from '../../src/identity/password-cost.ts';
import type { PasswordCost, PasswordHasher } from '../../src/identity/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';

const MEBIBYTE = 1024;

/** A device that takes so many milliseconds for 64, 128 and 256 MiB; undefined: it has not that much. */
function deviceTaking(...taken: readonly (number | undefined)[]) {
  const clock = new ManualClock();
  const asked: number[] = [];
  const hasher: PasswordHasher = {
    hash: (_password, _salt, { memory }: PasswordCost) => {
      asked.push(memory / MEBIBYTE);
      const time = taken[Math.log2(memory / MEBIBYTE / 64)];
      if (time === undefined) return Promise.reject(new Error('out of memory'));
      clock.jump(time);
      return Promise.resolve(new Uint8Array(32));
    },
  };
  return { gauge: new CostGauge(hasher, clock), asked };
}

describe('what a new password costs to try', () => {
  it.each([
    ['a fast desktop', [60, 130, 300], 256, [64, 128, 256]],
    ['a laptop', [190, 700, 3000], 128, [64, 128]],
    ['one on which the next size would take too long', [240, 1100, 4000], 64, [64, 128]],
    ['an old phone', [900, 3000, 9000], 64, [64]],
    ['one too slow even for the floor', [5000, 9000, 9000], 64, [64]],
    ['one with little memory', [90, 200, undefined], 128, [64, 128, 256]],
    ['one that cannot measure', [undefined], 64, [64]],
  ])('[V3] is what fits into a second on %s', async (_, taken, memory, tried) => {
    const { gauge, asked } = deviceTaking(...taken);
    expect(await gauge.affordable()).toEqual({ memory: memory * MEBIBYTE, passes: 3 });
    expect(asked).toEqual(tried);
  });

  it('[V3] is measured once', async () => {
    const { gauge, asked } = deviceTaking(190, 700, 3000);
    await Promise.all([gauge.affordable(), gauge.affordable()]);
    await gauge.affordable();
    expect(asked).toEqual([64, 128]);
  });
});
