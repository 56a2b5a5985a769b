import { describe, expect, it } from 'vitest';
import { answersMatch, pickPositions } from '../../src/ui/entrance/asked-positions.ts';

describe('the words asked back', () => {
  it('are different ones, in order, all within the list', () => {
    for (let round = 0; round < 100; round++) {
      const positions = pickPositions(3, 24);
      expect(new Set(positions).size).toBe(3);
      expect([...positions].sort((a, b) => a - b)).toEqual(positions);
      expect(positions.every((position) => position >= 1 && position <= 24)).toBe(true);
    }
  });

  it('are accepted in any case and with spaces around, and refused otherwise', () => {
    const words = ['abandon', 'harbor', 'velvet'];
    const answer = (second: string) => [
      { position: 1, typed: 'abandon' },
      { position: 2, typed: second },
    ];
    expect(answersMatch(words, answer(' Harbor '))).toBe(true);
    expect(answersMatch(words, answer('velvet'))).toBe(false);
    expect(answersMatch(words, answer(''))).toBe(false);
  });
});
