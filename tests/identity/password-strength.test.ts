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

  it('takes no longer for a text of any length', async () => {
    expect((await judge.strengthOf('ab'.repeat(500_000), 'alice')).score).toBeLessThanOrEqual(4);
  });
});
