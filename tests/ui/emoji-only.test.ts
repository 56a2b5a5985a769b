import { describe, expect, it } from 'vitest';
import { isEmojiOnly } from '../../src/ui/chat/emoji-only.ts';

const TEA = '\u{1F375}';
const FAMILY = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}';
const FLAG = '\u{1F1E8}\u{1F1F3}';
const HEART = '\u2764\uFE0F';
const KEYCAP = '1\uFE0F\u20E3';

describe('isEmojiOnly', () => {
  it.each([TEA, `${TEA}${FAMILY}`, FLAG, HEART, KEYCAP, `${TEA} ${TEA}`, TEA.repeat(6), '\u{1F44D}\u{1F3FD}'])(
    'takes %s for emoji',
    (text) => {
      expect(isEmojiOnly(text)).toBe(true);
    },
  );

  it.each(['', ' ', '1', '#', `${TEA}!`, `好${TEA}`, TEA.repeat(7), '\u2764'])('takes "%s" for text', (text) => {
    expect(isEmojiOnly(text)).toBe(false);
  });
});
