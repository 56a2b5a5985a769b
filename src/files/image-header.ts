/**
 * How large a picture says it is, before anybody decodes it: a few hundred bytes can claim four billion pixels.
 * PNG (W3C PNG §11.2.1), JPEG (ITU-T T.81 §B.2.2), WebP (RFC 9649 §2.5–2.7).
 */
import type { Bytes } from '../lib/bytes.ts';

export interface ImageHeader {
  readonly type: 'image/png' | 'image/jpeg' | 'image/webp';
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** Undefined for anything but the beginning of a PNG, JPEG or WebP. */
export function readImageHeader(bytes: Bytes): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return readPng(view) ?? readWebp(view) ?? readJpeg(view);
}

function readPng(view: DataView): ImageHeader | undefined {
  const isPng = view.byteLength >= 24 && view.getUint32(0) === 0x8950_4e47 && view.getUint32(4) === 0x0d0a_1a0a;
  return isPng && isText(view, 12, 'IHDR') ? { type: 'image/png', width: view.getUint32(16), height: view.getUint32(20) } : undefined;
}

function readWebp(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 30 || !isText(view, 0, 'RIFF') || !isText(view, 8, 'WEBP')) return undefined;
  const type = 'image/webp';
  if (isText(view, 12, 'VP8 ')) return { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (isText(view, 12, 'VP8L')) {
    const bits = view.getUint32(21, true);
    return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  return isText(view, 12, 'VP8X') ? { type, width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 } : undefined;
}

/** Walks the segments up to the first frame header. */
function readJpeg(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  let offset = 2;
  while (offset + 9 <= view.byteLength && view.getUint8(offset) === 0xff) {
    const marker = view.getUint8(offset + 1);
    if (marker === 0xff) offset += 1;
    else if (isFrame(marker)) return { type: 'image/jpeg', width: view.getUint16(offset + 7), height: view.getUint16(offset + 5) };
    else offset += 2 + view.getUint16(offset + 2);
  }
  return undefined;
}

/** SOF0 to SOF15, without the tables and the extension that stand among them (DHT, JPG, DAC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function uint24(view: DataView, offset: number): number {
  return view.getUint16(offset, true) | (view.getUint8(offset + 2) << 16);
}

function isText(view: DataView, offset: number, text: string): boolean {
  return Array.from(text).every((character, index) => view.getUint8(offset + index) === character.charCodeAt(0));
}
