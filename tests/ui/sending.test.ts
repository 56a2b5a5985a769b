import { describe, expect, it } from 'vitest';
import { dragsFiles, namedWhenPasted, pastesFiles, stampOf } from '../../src/ui/files/send/transfer-kinds.ts';
import { slideOf } from '../../src/ui/files/voice-recorder/slide.ts';

describe('what is dragged or pasted', () => {
  it('is files when files are dragged, and not when text is', () => {
    expect(dragsFiles(['Files'])).toBe(true);
    expect(dragsFiles(['text/plain', 'text/html'])).toBe(false);
  });

  it('is the picture that was copied from a page, and the file that was copied in a file manager', () => {
    expect(pastesFiles(['text/html', 'Files'])).toBe(true);
    expect(pastesFiles(['text/plain', 'Files'])).toBe(true);
  });

  it('is the text of a table, not the picture an office program puts beside it', () => {
    expect(pastesFiles(['text/plain', 'text/html', 'text/rtf', 'Files'])).toBe(false);
    expect(pastesFiles(['text/plain'])).toBe(false);
  });

  it('gets a name when it never had one, and keeps the one it had', () => {
    const nameless = new File(['x'], 'image.png', { type: 'image/png' });
    expect(namedWhenPasted(nameless, 'Pasted')).toMatchObject({ name: 'Pasted.png', type: 'image/png', size: 1 });
    const named = new File(['x'], 'cat.png', { type: 'image/png' });
    expect(namedWhenPasted(named, 'Pasted')).toBe(named);
  });

  it('is stamped so that every file system takes it and names sort by time', () => {
    expect(stampOf(new Date(2026, 2, 4, 9, 5, 7))).toBe('2026-03-04 09.05.07');
  });
});

describe('a finger on the microphone button', () => {
  it('may tremble', () => {
    expect([slideOf(0, 0), slideOf(-40, 10), slideOf(30, -50)]).toEqual(['stay', 'stay', 'stay']);
  });

  it('cancels to the left and locks upwards', () => {
    expect([slideOf(-100, 5), slideOf(4, -80)]).toEqual(['cancel', 'lock']);
  });

  it('does what it went farther for', () => {
    expect([slideOf(-200, -80), slideOf(-90, -200)]).toEqual(['cancel', 'lock']);
  });

  it('does nothing to the right or downwards', () => {
    expect([slideOf(300, 0), slideOf(0, 300)]).toEqual(['stay', 'stay']);
  });
});
