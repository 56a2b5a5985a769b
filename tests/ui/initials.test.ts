import { describe, expect, it } from 'vitest';
import { hueOf, initialsOf } from '../../src/ui/parts/initials.ts';

describe('initialsOf', () => {
  it.each([
    ['alice', 'A'],
    ['Bob Sinclair', 'BS'],
    ['carol ann de vries', 'CV'],
    ['王小明', '王'],
    ['欧阳 娜娜', '欧'],
    ['Анна Петрова', 'АП'],
    ['\u{1F469}\u200D\u{1F680} Dave', '\u{1F469}\u200D\u{1F680}'],
    ['  ', '?'],
    ['', '?'],
  ])('of "%s" are %s', (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });
});

describe('hueOf', () => {
  it('gives one id one colour, and many ids all eight', () => {
    const ids = Array.from({ length: 200 }, (_, at) => `id-${at}`);
    expect(ids.map(hueOf)).toEqual(ids.map(hueOf));
    expect([...new Set(ids.map(hueOf))].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
