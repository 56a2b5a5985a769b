import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentDisposition } from '../../src/platform/content-disposition.ts';
import { shownType } from '../../src/platform/shown-type.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe('what a browser is given to show', () => {
  it.each([
    ['\x89PNG\r\n\x1a\n', 'image/png'],
    ['\xff\xd8\xff\xe0', 'image/jpeg'],
    ['GIF89a', 'image/gif'],
    ['RIFF....WEBPVP8 ', 'image/webp'],
    ['\0\0\0\x1cftypavif\0\0\0\0mif1miaf', 'image/avif'],
    ['\0\0\0\x18ftypmif1\0\0\0\0avifmiaf', 'image/avif'],
    ['\0\0\0\x18ftypisom\0\0\0\0avc1mp41', 'video/mp4'],
    ['\0\0\0\x14ftypqt  \0\0\0\0qt  ', 'video/mp4'],
    ['\0\0\0\x14ftypM4A \0\0\0\0M4A ', 'audio/mp4'],
    ['\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm', 'video/webm'],
    ['OggS' + '\0'.repeat(24) + 'OpusHead', 'audio/ogg'],
    ['OggS' + '\0'.repeat(24) + '\x80theora', 'video/ogg'],
    ['RIFF....WAVEfmt ', 'audio/wav'],
    ['fLaC', 'audio/flac'],
    ['ID3\x04', 'audio/mpeg'],
    ['\xff\xfb\x90\x64', 'audio/mpeg'],
    ['\xff\xf1\x50\x80', 'audio/aac'],
    ['%PDF-1.7', 'application/pdf'],
  ])('%j is %s', (start, type) => {
    expect(shownType(bytes(start))).toBe(type);
  });

  it.each([
    '<!doctype html>',
    '<svg xmlns="http://www.w3.org/2000/svg">',
    '<?xml version="1.0"?>',
    'alert(1)',
    '\ufeff<html>',
    'GIF88a',
    'RIFF....AVI LIST',
    '\0\0\0\x18ftypheic\0\0\0\0mif1heic',
    '\x1a\x45\xdf\xa3\x9fB\x82\x88matroska',
    '\xff\xff\xff\xff',
    'PK\x03\x04',
    '',
  ])('%j is for saving', (start) => {
    expect(shownType(bytes(start))).toBeUndefined();
  });

  it('nothing that begins like markup is ever shown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom('<', ' <', '\n<', '\xef\xbb\xbf<', '/*'), (rest, begin) => {
        expect(shownType(Uint8Array.from([...bytes(begin), ...rest]))).toBeUndefined();
      }),
    );
  });
});

describe('the name in the header', () => {
  it('is spelled out, and ends nowhere', () => {
    expect(contentDisposition('attachment', 'a"; filename=b\r\nX: y')).toBe(
      `attachment; filename*=UTF-8''a%22%3B%20filename%3Db%0D%0AX%3A%20y`,
    );
    expect(contentDisposition('inline', '晤谈.pdf')).toBe(`inline; filename*=UTF-8''%E6%99%A4%E8%B0%88.pdf`);
  });
});
