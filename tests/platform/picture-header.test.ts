import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPictureHeader, readPictureSize } from '../../src/lib/picture-header.ts';
import { cleanPicture } from '../../src/platform/picture-cleaning.ts';
import { isSafePicture, MAX_PICTURE_SIDE } from '../../src/platform/picture-limits.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (character) => character.charCodeAt(0));
const u32 = (value: number): string => String.fromCharCode(value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255);
const u16 = (value: number): string => String.fromCharCode(value >> 8, value & 255);
const u16le = (value: number): string => String.fromCharCode(value & 255, value >> 8);
const u32le = (value: number): string => u16le(value & 0xffff) + u16le(value >>> 16);
const chunk = (name: string, data = ''): string => `${u32(data.length)}${name}${data}CRC.`;
const box = (name: string, data: string): string => `${u32(8 + data.length)}${name}${data}`;

const png = (width: number, height: number, colour = 2, more = ''): string =>
  `\x89PNG\r\n\x1a\n${chunk('IHDR', `${u32(width)}${u32(height)}\x08${String.fromCharCode(colour)}\0\0\0`)}${more}${chunk('IDAT', 'pixels')}${chunk('IEND')}`;
const exif = (orientation: number): string => {
  const tiff = `MM\0*${u32(8)}${u16(1)}${u16(0x112)}${u16(3)}${u32(1)}${u16(orientation)}\0\0`;
  return `\xff\xe1${u16(8 + tiff.length)}Exif\0\0${tiff}`;
};
const jpeg = (width: number, height: number, before = ''): string =>
  `\xff\xd8${before}\xff\xc2${u16(11)}\x08${u16(height)}${u16(width)}\x01\x01\x11\0`;
const gif = (width: number, height: number, extensions = ''): string =>
  `GIF89a${u16le(width)}${u16le(height)}\0\0\0${extensions}\x2c${u16le(0)}${u16le(0)}${u16le(width)}${u16le(height)}\0\x02\x01x\0;`;
const riff = (chunks: string): string => `RIFF${u32le(4 + chunks.length)}WEBP${chunks}`;
const webpChunk = (name: string, data: string): string => `${name}${u32le(data.length)}${data}${data.length % 2 ? '\0' : ''}`;
const vp8x = (flags: number): string => webpChunk('VP8X', `${String.fromCharCode(flags)}\0\0\0${u16le(639)}\0${u16le(479)}\0`);
const avif = (...sizes: readonly (readonly [number, number])[]): string =>
  box('ftyp', 'avif\0\0\0\0mif1') +
  box(
    'meta',
    `\0\0\0\0${box('iprp', box('ipco', sizes.map(([width, height]) => box('ispe', `\0\0\0\0${u32(width)}${u32(height)}`)).join('')))}`,
  );

describe('a picture says how large it is', () => {
  it.each([
    ['PNG', png(640, 480), { format: 'png', hasAlpha: false, isAnimated: false }],
    ['PNG with transparency', png(640, 480, 6), { format: 'png', hasAlpha: true }],
    ['PNG with a transparent colour', png(640, 480, 3, chunk('tRNS', 'x')), { hasAlpha: true }],
    ['PNG that moves', png(640, 480, 2, chunk('acTL', '12345678')), { isAnimated: true }],
    ['JPEG', jpeg(640, 480), { format: 'jpeg' }],
    ['JPEG that lies on its side', jpeg(480, 640, exif(6)), { format: 'jpeg' }],
    ['JPEG upside down', jpeg(640, 480, exif(3)), { format: 'jpeg' }],
    ['JPEG after a comment and padding', jpeg(640, 480, `\xff\xfe${u16(5)}abc\xff\xff`), { format: 'jpeg' }],
    ['GIF', gif(640, 480), { format: 'gif' }],
    ['WebP, lossy', riff(`VP8 ${u32le(10)}abc\x9d\x01\x2a${u16le(640)}${u16le(480)}`), { format: 'webp', hasAlpha: false }],
    ['WebP, lossless', riff(`VP8L${u32le(5)}\x2f${u32le(639 | (479 << 14) | (1 << 28))}`), { format: 'webp', hasAlpha: true }],
    ['WebP that moves', riff(vp8x(0x12)), { format: 'webp', hasAlpha: true, isAnimated: true }],
    ['AVIF of tiles', avif([320, 480], [640, 480]), { format: 'avif' }],
  ])('%s', (_, text, facts) => {
    expect(readPictureHeader(bytes(text))).toMatchObject({ width: 640, height: 480, ...facts });
    expect(isSafePicture(bytes(text))).toBe(true);
  });

  it.each([
    ['a side', png(MAX_PICTURE_SIDE + 1, 1)],
    ['all its pixels', png(16_000, 16_000)],
    ['a side of a JPEG', jpeg(65_535, 65_535)],
    ['the first frame of a GIF', gif(1, 1).replace(`\x2c${u16le(0)}${u16le(0)}${u16le(1)}`, `\x2c${u16le(0)}${u16le(0)}${u16le(60_000)}`)],
    ['one tile of an AVIF', avif([100, 100], [100_000, 100])],
  ])('and is not decoded when it says too much: %s', (_, text) => {
    expect(readPictureHeader(bytes(text))).toMatchObject({ format: expect.any(String) as string });
    expect(isSafePicture(bytes(text))).toBe(false);
  });

  it('is none without a size, or when it is none', () => {
    for (const text of ['', '<svg/>', png(0, 5), jpeg(5, 0), `\xff\xd8\xff\xda${u16(4)}xx`, box('ftyp', 'isom\0\0\0\0mp41'), riff('ABCD')])
      expect(isSafePicture(bytes(text)), text).toBe(false);
  });

  it('says so when the size stands further on', () => {
    const whole = bytes(jpeg(640, 480, exif(6)));
    for (let length = 3; length < whole.length - 6; length++)
      expect(readPictureHeader(whole.subarray(0, length)), String(length)).toBe('incomplete');
    const beginning = bytes(png(640, 480)).subarray(0, 30);
    expect(readPictureHeader(beginning)).toBe('incomplete');
    expect(readPictureSize(beginning)).toEqual({ format: 'png', width: 640, height: 480 });
  });

  it('is total: whatever the bytes are, it comes to an end and says one of the three', () => {
    const starts = [png(6, 4), jpeg(6, 4, exif(6)), gif(6, 4), riff(vp8x(0)), avif([6, 4])].map(bytes);
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 12 }), (start, changes) => {
        const hostile = start.slice();
        for (const [offset, value] of changes) if (offset < hostile.length) hostile[offset] = value;
        const read = readPictureHeader(hostile);
        expect(read === undefined || read === 'incomplete' || read.width > 0).toBe(true);
        const size = readPictureSize(hostile);
        if (typeof read === 'object') expect(read).toMatchObject(size as object);
        for (const format of ['png', 'gif', 'webp'] as const) {
          const cleaned = cleanPicture(hostile, format);
          expect((cleaned?.length ?? 0) <= hostile.length + 12).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a moving picture is cleaned without being touched', () => {
  const textOf = (cleaned: Uint8Array | undefined): string => String.fromCharCode(...(cleaned ?? []));

  it('PNG: what is written in it goes, frames stay', () => {
    const frames = chunk('acTL', '12345678') + chunk('fcTL', 'frame');
    const dirty = png(6, 4, 2, chunk('tEXt', 'Author\0alice') + chunk('eXIf', 'place') + frames + chunk('tIME', 'when'));
    expect(textOf(cleanPicture(bytes(dirty), 'png'))).toBe(png(6, 4, 2, frames));
  });

  it('GIF: comments and foreign words go, loops and frames stay, and so does nothing after the end', () => {
    const loop = '\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0';
    const delay = '\x21\xf9\x04\0\x0a\0\0\0';
    const dirty = gif(6, 4, `\x21\xfe\x05alice\0${loop}\x21\xff\x0bXMP DataXMP\x05place\0${delay}`);
    expect(textOf(cleanPicture(bytes(`${dirty}trailing`), 'gif'))).toBe(gif(6, 4, loop + delay));
  });

  it('WebP: EXIF and XMP go, and nothing announces them', () => {
    const frames = webpChunk('ANIM', '123456') + webpChunk('ANMF', 'frame');
    const dirty = riff(vp8x(0x02 | 0x08 | 0x04) + frames + webpChunk('EXIF', 'place') + webpChunk('XMP ', 'alice'));
    expect(textOf(cleanPicture(bytes(dirty), 'webp'))).toBe(riff(vp8x(0x02) + frames));
  });

  it('is refused when it is cut off', () => {
    expect(cleanPicture(bytes(png(6, 4)).subarray(0, 40), 'png')).toBeUndefined();
    expect(cleanPicture(bytes(gif(6, 4)).subarray(0, 20), 'gif')).toBeUndefined();
    expect(cleanPicture(bytes(riff(vp8x(2) + webpChunk('ANMF', 'frame'))).subarray(0, 40), 'webp')).toBeUndefined();
  });
});
