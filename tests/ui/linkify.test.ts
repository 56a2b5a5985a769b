import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentsOf } from '../../src/ui/chat/linkify.ts';

const linksOf = (text: string): readonly string[] => segmentsOf(text).flatMap(({ kind, text: part }) => (kind === 'link' ? [part] : []));

describe('segmentsOf', () => {
  it.each([
    ['See https://example.org/a?b=c#d.', 'https://example.org/a?b=c#d'],
    ['(http://example.org/a)', 'http://example.org/a'],
    ['https://example.org/a_(b)', 'https://example.org/a_(b)'],
    ['"https://example.org/"!', 'https://example.org/'],
    ['看https://example.org/路', 'https://example.org/'],
    ['地址：https://example.org，收到了吗', 'https://example.org'],
    ['HTTPS://EXAMPLE.ORG', 'HTTPS://EXAMPLE.ORG'],
    ['http://[::1]:8080/x', 'http://[::1]:8080/x'],
    ['https://xn--fiqs8s.example/', 'https://xn--fiqs8s.example/'],
  ])('finds the address in %s', (text, address) => {
    expect(linksOf(text)).toEqual([address]);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://example.org',
    'example.org',
    'https://',
    'https://?',
    'http://bank.example@evil.example/',
  ])('makes no link of %s', (text) => {
    expect(linksOf(text)).toEqual([]);
  });

  it('finds several in one text and keeps what is between', () => {
    expect(segmentsOf('a https://x.example b\nhttp://y.example')).toEqual([
      { kind: 'text', text: 'a ' },
      { kind: 'link', text: 'https://x.example' },
      { kind: 'text', text: ' b\n' },
      { kind: 'link', text: 'http://y.example' },
    ]);
  });

  it('marks names that are called, but not inside an address', () => {
    expect(
      segmentsOf('@Bob see https://x.example/@Bob', [
        { from: 0, to: 4 },
        { from: 27, to: 31 },
      ]),
    ).toEqual([
      { kind: 'call', text: '@Bob' },
      { kind: 'text', text: ' see ' },
      { kind: 'link', text: 'https://x.example/@Bob' },
    ]);
  });

  it('loses and changes nothing of any text', () => {
    const piece = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('https://', 'http://a.example/(', ')', ').,', '@', ']'));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        expect(
          segmentsOf(text)
            .map((segment) => segment.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });
});
