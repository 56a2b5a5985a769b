import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText, countCodePoints, cutText } from '../../src/lib/clean-text.ts';

describe('cleaning a message', () => {
  it('keeps lines, tabs and every script as they were written', () => {
    const text = 'one\n\ttwo  three\n晤谈 سلام नमस्ते 👩‍👩‍👧 ¿qué?';
    expect(cleanText(text)).toBe(text);
  });

  it('makes every line end a line feed', () => {
    expect(cleanText('a\r\nb\rc\u0085d\u2028e\u2029f')).toBe('a\nb\nc\nd\ne\nf');
  });

  it('drops control characters, lone surrogates and noncharacters', () => {
    expect(cleanText('a\u0000b\u001b[31mc\u007fd\u009be\ud800f\udc00g\uffffh\u{1fffe}i')).toBe('ab[31mcdefghi');
  });

  it('drops direction embeddings and overrides left open, and ends without a beginning', () => {
    expect(cleanText('invoice\u202egpj.exe')).toBe('invoicegpj.exe');
    expect(cleanText('a\u202cb\u202ac')).toBe('abc');
    expect(cleanText('\u202b\u202dx\u202c')).toBe('\u202dx\u202c');
  });

  it('keeps an embedding that ends in the same line, and only there', () => {
    const closed = 'he said \u202bשלום\u202c and left';
    expect(cleanText(closed)).toBe(closed);
    expect(cleanText('a\u202eb\nc\u202cd')).toBe('ab\ncd');
  });
});

describe('cleaning a name', () => {
  it.each([
    ['surrounding and repeated blanks', '  Alice \t\n  Liddell\u3000', 'Alice Liddell'],
    ['blanks that are none by name', '\u3164Alice\u2800\u00a0Liddell\uffa0', 'Alice Liddell'],
    ['control characters', 'Al\u0000i\u0007ce\u009b', 'Alice'],
    ['a direction override', '\u202eecilA', 'ecilA'],
    ['isolates and marks', '\u2066Al\u200ei\u061cce\u2069\u200f', 'Alice'],
    ['zero-width characters between letters', 'A\u200bl\u2060i\ufeffc\u00ade\u200d\u200c', 'Alice'],
    ['tags that spell something unseen', 'Alice\u{e0041}\u{e0042}\u{e007f}', 'Alice'],
    ['a decomposed letter', 'Zoe\u0308', 'Zoë'],
    ['marks piled up', `A${'\u0301'.repeat(40)}`, `Á${'\u0301'.repeat(4)}`],
  ])('tidies %s', (_, written, clean) => {
    expect(cleanLine(written)).toBe(clean);
  });

  it.each(['晤谈', '山田 太郎', 'José María', 'Алёна', 'مریم', 'می\u200cخواهم', 'क्\u200dष', '👩\u200d🚀', '🏳\ufe0f\u200d🌈', '👍🏽', '🇩🇪'])(
    'leaves %s alone',
    (name) => {
      expect(cleanLine(name)).toBe(name);
    },
  );

  it('keeps the tags that spell a flag', () => {
    const scotland = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}';
    expect(cleanLine(`Rory ${scotland}`)).toBe(`Rory ${scotland}`);
  });

  it.each(['', ' \u3000\u2800', '\u200b\u200d\u2066', '\u0301\ufe0f', '\u{e0041}'])(
    'is empty when nothing visible is left (%j)',
    (written) => {
      expect(cleanLine(written)).toBe('');
    },
  );

  it('changes nothing the second time', () => {
    const clean = cleanLine(' \u202eA\u200d\u0301 👩\u200d\u200d🚀 \u200b ');
    expect(cleanLine(clean)).toBe(clean);
  });
});

describe('cutting a name', () => {
  it('counts code points and never cuts through what readers see as one character', () => {
    expect(cutText('abc', 2)).toBe('ab');
    expect(cutText('a👩\u200d🚀', 3)).toBe('a');
    expect(cutText('a👩\u200d🚀', 4)).toBe('a👩\u200d🚀');
    expect(countCodePoints('a👩\u200d🚀')).toBe(4);
  });
});
