import { describe, expect, it } from 'vitest';
import { meansSend } from '../../src/ui/chat/enter-key.ts';
import { readShortcut, writesCharacter } from '../../src/ui/home/shortcuts.ts';

const plain = {
  key: '',
  keyCode: 0,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  isComposing: false,
  defaultPrevented: false,
};
const enter = { ...plain, key: 'Enter', keyCode: 13 };

describe('Enter in the composer', () => {
  it('sends', () => {
    expect(meansSend(enter)).toBe(true);
  });

  it('breaks the line with Shift', () => {
    expect(meansSend({ ...enter, shiftKey: true })).toBe(false);
  });

  it('chooses a word while an input method composes', () => {
    expect(meansSend({ ...enter, isComposing: true })).toBe(false);
  });

  it('chooses a word in Safari too, which ends the composition before it tells of the key', () => {
    // Deprecated, and still the only thing that tells there.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    expect(meansSend({ ...enter, keyCode: 229 })).toBe(false);
  });
});

describe('shortcuts', () => {
  it.each([
    [{ key: 'k', ctrlKey: true }, 'filter'],
    [{ key: 'K', metaKey: true }, 'filter'],
    [{ key: 'ArrowUp', altKey: true }, 'previous'],
    [{ key: 'ArrowDown', altKey: true }, 'next'],
    [{ key: 'Escape' }, 'back'],
    [{ key: 'k' }, undefined],
    [{ key: 'Escape', isComposing: true }, undefined],
    [{ key: 'Escape', defaultPrevented: true }, undefined],
  ])('read %j as %s', (pressed, shortcut) => {
    expect(readShortcut({ ...plain, ...pressed })).toBe(shortcut);
  });

  it('tell a character from a command', () => {
    const keys = ['a', '谈', '\u{1F375}', ' ', 'Enter', 'F5', 'Tab'];
    expect(keys.filter((key) => writesCharacter({ ...plain, key }))).toEqual(['a', '谈', '\u{1F375}', ' ']);
    expect(writesCharacter({ ...plain, key: 'c', ctrlKey: true })).toBe(false);
  });
});
