import { describe, expect, it } from 'vitest';
import type { WrongTries } from '../../src/identity/ports.ts';
import { attempt } from '../../src/identity/try-limit.ts';

const NOW = 1_767_225_600_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const YEAR = 365 * 24 * 60 * MINUTE;

/** What follows the given number of wrong tries, each made as soon as it is allowed. */
function afterWrong(count: number): { readonly tries: WrongTries | undefined; readonly now: number } {
  let [tries, now]: [WrongTries | undefined, number] = [undefined, NOW];
  for (let wrong = 0; wrong < count; wrong++) {
    now += tries?.wait ?? 0;
    ({ tries } = attempt(tries, now));
  }
  return { tries, now };
}

describe('wrong passwords', () => {
  it('[V6] are free four times, each telling how many are left', () => {
    for (let wrong = 0; wrong < 4; wrong++) {
      const { tries, now } = afterWrong(wrong);
      expect(attempt(tries, now).verdict).toEqual({ ok: true, value: { kind: 'wrong-password', freeTries: 4 - wrong } });
    }
  });

  it.each([
    [5, 30 * SECOND],
    [6, MINUTE],
    [7, 5 * MINUTE],
    [8, 15 * MINUTE],
    [9, 60 * MINUTE],
    [10, 60 * MINUTE],
    [50, 60 * MINUTE],
  ])('[V6] from the fifth on make wait: after %i, %i ms', (count, wait) => {
    const { tries, now } = afterWrong(count);
    expect(tries).toEqual({ count, wait, since: now });
    expect(attempt(tries, now + wait - 1).verdict).toEqual({ ok: false, failure: { kind: 'locked-out', until: now + wait } });
    expect(attempt(tries, now + wait).verdict.ok).toBe(true);
  });

  it('[V6] are not counted while waiting', () => {
    const { tries, now } = afterWrong(6);
    expect(attempt(tries, now + 10 * SECOND).tries).toEqual({ count: 6, wait: 50 * SECOND, since: now + 10 * SECOND });
  });
});

describe('a clock that is set while mallory waits', () => {
  it('[V7] back: no time has passed, and what is left begins anew', () => {
    const { tries, now } = afterWrong(6);
    const { tries: seen } = attempt(tries, now + 20 * SECOND);
    const back = attempt(seen, now - YEAR);
    expect(back.verdict).toEqual({ ok: false, failure: { kind: 'locked-out', until: now - YEAR + 40 * SECOND } });
    expect(attempt(back.tries, now - YEAR + 39 * SECOND).verdict.ok).toBe(false);
    expect(attempt(back.tries, now - YEAR + 40 * SECOND).verdict.ok).toBe(true);
  });

  it('[V7] back and forth: what was waited counts once', () => {
    const { tries, now } = afterWrong(9);
    let current = tries;
    for (let swing = 0; swing < 20; swing++) {
      current = attempt(current, now - YEAR).tries;
      current = attempt(current, now - YEAR + SECOND).tries;
    }
    expect(current?.wait).toBe(60 * MINUTE - 20 * SECOND);
  });

  it('[V7] ahead: one wait is over, the count is not', () => {
    const { tries, now } = afterWrong(9);
    const ahead = attempt(tries, now + YEAR);
    expect(ahead.verdict).toEqual({ ok: true, value: { kind: 'locked-out', until: now + YEAR + 60 * MINUTE } });
    expect(ahead.tries.count).toBe(10);
    expect(attempt(ahead.tries, now).verdict).toEqual({ ok: false, failure: { kind: 'locked-out', until: now + 60 * MINUTE } });
  });

  it('[V7] a year ahead by mistake, and corrected: alice does not wait for a year', () => {
    const wrongly = attempt(afterWrong(9).tries, NOW + YEAR).tries;
    const corrected = attempt(wrongly, NOW).tries;
    expect(attempt(corrected, NOW + 60 * MINUTE).verdict.ok).toBe(true);
  });

  it('[V7] a row that was tampered with locks nobody out for longer than any wait', () => {
    const { verdict } = attempt({ count: 9, wait: Number.MAX_SAFE_INTEGER, since: NOW }, NOW);
    expect(verdict).toEqual({ ok: false, failure: { kind: 'locked-out', until: NOW + 60 * MINUTE } });
  });
});
