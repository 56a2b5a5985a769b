import { describe, expect, it } from 'vitest';
import { PasswordJudge } from '../../src/identity/password-strength.ts';

describe('judging a password', () => {
  const judge = new PasswordJudge();

  it.each(['', 'password', 'qwertyuiop', '11111111', 'parley', 'woaini1314'])('finds %j too weak', async (password) => {
    expect((await judge.strengthOf(password, 'alice')).enough).toBe(false);
  });

  it.each(['correct horse battery staple', 'xiaomao-ai-chi-huluobo', '今天天气很好我们去散步', 'tR0ub4dor&3-kaleidoscope'])(
    'finds %j strong enough',
    async (password) => {
      expect((await judge.strengthOf(password, 'alice')).enough).toBe(true);
    },
  );

  it('counts the person’s own name against it', async () => {
    const password = 'Zwentibold7';
    const stranger = await judge.strengthOf(password, 'alice');
    const self = await judge.strengthOf(password, 'Zwentibold');
    expect(self.score).toBeLessThan(stranger.score);
  });

  it.each(['alice-alice', 'Alice.alice!', 'alicealice-alicealice', 'al1ce_@lice', 'ecila-alice-ecila', 'alice123alice', 'parley-alice'])(
    'finds her name in %j, however often it stands there',
    async (password) => {
      expect((await judge.strengthOf(password, 'alice')).enough).toBe(false);
    },
  );

  it.each([
    ['Zhang Wei', 'zhang-wei-zhang'],
    ['小明', '小明-小明-小明'],
    ['al', 'al-al-al-al'],
  ])('finds the name of %s in %j', async (userName, password) => {
    expect((await judge.strengthOf(password, userName)).enough).toBe(false);
  });

  it.each([
    ['alice', 'alice correct horse battery staple'],
    ['e', 'correct horse battery staple'],
    ['小', '今天天气很好我们去散步'],
  ])('holds nothing against %s who puts other words into %j', async (userName, password) => {
    expect((await judge.strengthOf(password, userName)).enough).toBe(true);
  });

  it('takes no longer for a text of any length', async () => {
    expect((await judge.strengthOf('ab'.repeat(500_000), 'alice')).score).toBeLessThanOrEqual(4);
  });
});
