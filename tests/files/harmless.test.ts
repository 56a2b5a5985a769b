import { beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { harmlessFileName } from '../../src/files/file-name.ts';
import { MAX_PICTURE_PIXELS, readManifest } from '../../src/files/harmless.ts';
import { EMPTY, utf8, type Bytes } from '../../src/lib/bytes.ts';
import { encode } from '../../src/protocol/codec.ts';
import { fileManifest, MAX_FILE_BYTES, type FileManifest } from '../../src/protocol/file-manifest.ts';
import { unhex } from '../support/hex.ts';

beforeAll(sodiumReady);

function manifestWith(fields: Partial<FileManifest>): Bytes {
  const plain = { type: 'plain' } as const;
  return encode(fileManifest, {
    key: randomBytes(32),
    root: randomBytes(32),
    size: 5,
    name: 'a.txt',
    mime: 'text/plain',
    view: plain,
    ...fields,
  });
}

function png(width: number, height: number): Bytes {
  const sizes = new Uint8Array(8);
  new DataView(sizes.buffer).setUint32(0, width);
  new DataView(sizes.buffer).setUint32(4, height);
  return new Uint8Array([...unhex('89504e470d0a1a0a0000000d49484452'), ...sizes, ...new Uint8Array(20)]);
}

describe('the name of a file from somebody else (X3)', () => {
  it.each([
    ['holiday.jpg', 'holiday.jpg'],
    ['照片 2026.jpg', '照片 2026.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\Windows\\system32\\cmd.exe', 'cmd.exe'],
    ['/', 'file'],
    ['..', 'file'],
    ['', 'file'],
    ['a/..', 'file'],
    ['.bashrc', 'bashrc'],
    ['...hidden.txt', 'hidden.txt'],
    ['report.pdf...  ', 'report.pdf'],
    ['con', '_con'],
    ['CON.txt', '_CON.txt'],
    ['com1.tar.gz', '_com1.tar.gz'],
    ['LPT9', '_LPT9'],
    ['nul .txt', '_nul .txt'],
    ['COM¹.x', '_COM¹.x'],
    ['console.log', 'console.log'],
    ['a:b|c?.txt', 'a_b_c_.txt'],
    ['innocent\u202etxt.exe', 'innocenttxt.exe'],
    ['a\u0000b\u0007\nc.txt', 'ab c.txt'],
    ['picture.jpg                       .exe', 'picture.jpg .exe'],
    ['\u200b\u2060', 'file'],
  ])('%j becomes %j', (claimed, name) => {
    expect(harmlessFileName(claimed)).toBe(name);
  });

  it('has at most 255 bytes, whole letters, and its extension', () => {
    const long = harmlessFileName(`${'晤'.repeat(80)}${'谈'.repeat(80)}.tar`);
    expect(utf8(long).length).toBeLessThanOrEqual(255);
    expect(long).toMatch(/^晤+谈*\.tar$/u);
    expect(utf8(harmlessFileName(`a.${'b'.repeat(400)}`)).length).toBeLessThanOrEqual(255);
    expect(harmlessFileName(`${'a'.repeat(250)}   .      txt`).length).toBeLessThanOrEqual(255);
  });

  it('stays what it is when it is made harmless again', () => {
    for (const name of ['CON', '...a', 'a:b', 'x'.repeat(300), '. . .'])
      expect(harmlessFileName(harmlessFileName(name))).toBe(harmlessFileName(name));
  });
});

describe('a manifest (X3)', () => {
  it.each([
    ['Text/Plain; charset=utf-8', 'text/plain'],
    ['image/svg+xml', 'image/svg+xml'],
    ['text/html\r\nX: y', 'application/octet-stream'],
    ['nonsense', 'application/octet-stream'],
    ['', 'application/octet-stream'],
    ['a/b/c', 'application/octet-stream'],
  ])('of the type %j is taken as %j', (mime, taken) => {
    expect(readManifest(manifestWith({ mime }))?.attachment.mime).toBe(taken);
  });

  it('of more bytes than there can be, cut short, too long, or of another version is none', () => {
    expect(readManifest(manifestWith({ size: MAX_FILE_BYTES }))).toBeDefined();
    expect(readManifest(manifestWith({ size: MAX_FILE_BYTES + 1 }))).toBeUndefined();
    expect(readManifest(manifestWith({}).slice(1))).toBeUndefined();
    expect(readManifest(manifestWith({}).slice(0, -1))).toBeUndefined();
    expect(readManifest(new Uint8Array([...manifestWith({}), 0]))).toBeUndefined();
    expect(readManifest(new Uint8Array([2, ...manifestWith({}).slice(1)]))).toBeUndefined();
    expect(readManifest(new Uint8Array(100_000))).toBeUndefined();
  });

  it('shows a picture as one only when it can be one', () => {
    const picture = (width: number, height: number) => ({ type: 'picture', width, height, thumbnail: EMPTY }) as const;
    const kindOf = (fields: Partial<FileManifest>) => readManifest(manifestWith(fields))?.attachment.view.kind;
    expect(kindOf({ mime: 'image/webp', view: picture(4_000, 3_000) })).toBe('picture');
    expect(kindOf({ mime: 'image/svg+xml', view: picture(4_000, 3_000) })).toBe('plain');
    expect(kindOf({ mime: 'text/html', view: picture(4_000, 3_000) })).toBe('plain');
    expect(kindOf({ mime: 'image/png', view: picture(0, 3_000) })).toBe('plain');
    expect(65_535 ** 2).toBeGreaterThan(MAX_PICTURE_PIXELS);
    expect(kindOf({ mime: 'image/png', view: picture(65_535, 65_535) })).toBe('plain');
    expect(kindOf({ mime: 'video/webm', view: { type: 'video', width: 640, height: 480, duration: 5, thumbnail: EMPTY } })).toBe('video');
    expect(kindOf({ mime: 'image/png', view: { type: 'audio', duration: 5 } })).toBe('plain');
    expect(kindOf({ mime: 'audio/ogg', view: { type: 'voice', duration: 5, waveform: new Uint8Array(64) } })).toBe('voice');
  });

  it('keeps a small picture, and none that says it is large or is something else', () => {
    const thumbnailOf = (thumbnail: Bytes) => {
      const view = readManifest(manifestWith({ mime: 'image/png', view: { type: 'picture', width: 9, height: 9, thumbnail } }))?.attachment
        .view;
      return view?.kind === 'picture' ? view.thumbnail : undefined;
    };
    const jpeg = (size: string) => unhex(`ffd8ffe000104a46494600010100000100010000ffc0001108${size}03012200021101031101`);
    const lossy = (sides: string) =>
      unhex(`524946462400000057454250565038201800000030010 09d012a${sides}0000000000000000`.replaceAll(' ', ''));
    for (const small of [png(320, 240), jpeg('00f00140'), lossy('4001f000')]) expect(thumbnailOf(small)).toEqual(small);
    const bombs = [
      png(50_000, 50_000),
      jpeg('ffffffff'),
      lossy('ff3fff3f'),
      png(0, 5),
      utf8('<svg onload=alert(1)>'),
      utf8('GIF89a'),
      unhex('474946383961020002000000002c00000000020002000002027801003b'),
      EMPTY,
    ];
    for (const bomb of bombs) expect(thumbnailOf(bomb)).toEqual(EMPTY);
  });
});
