/**
 * What a picture says of itself before anybody decodes it: format and size, read from its first bytes. A few hundred bytes
 * can claim a picture that fills the memory when it is decoded; such a picture is never handed to a decoder.
 *
 * Reads foreign bytes: total, never longer than the bytes given, and no wiser than it must be.
 */

export type PictureFormat = 'png' | 'jpeg' | 'gif' | 'webp' | 'avif' | 'heic';

export interface PictureSize {
  readonly format: PictureFormat;
  /** Pixels as they are shown: turned as the camera said (EXIF), where it said so in a JPEG. */
  readonly width: number;
  readonly height: number;
}

export interface PictureHeader extends PictureSize {
  /** More than one frame. Not known of GIF, which only its end tells. */
  readonly isAnimated: boolean;
  /** May be transparent. */
  readonly hasAlpha: boolean;
}

/** `incomplete`: it begins like a picture, and what is asked for stands further on. Undefined: no picture of these formats, or broken. */
type Reading<Told> = Told | 'incomplete' | undefined;
export type HeaderReading = Reading<PictureHeader>;

export function readPictureHeader(bytes: Uint8Array): HeaderReading {
  const view = viewOf(bytes);
  return readWith(reader(view), view);
}

/** The size alone: a PNG tells it long before the rest. */
export function readPictureSize(bytes: Uint8Array): Reading<PictureSize> {
  const view = viewOf(bytes);
  const read = reader(view);
  return readWith(read === readPng ? readPngSize : read, view);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

type Reader<Told> = (view: DataView) => Told | undefined;

function readWith<Told extends PictureSize>(read: Reader<Told> | undefined, view: DataView): Reading<Told> {
  try {
    const told = read?.(view);
    return told && told.width > 0 && told.height > 0 ? told : undefined;
  } catch (reason) {
    // The one way a DataView refuses: beyond its end.
    if (reason instanceof RangeError) return 'incomplete';
    throw reason;
  }
}

function reader(view: DataView): Reader<PictureHeader> | undefined {
  if (isAt(view, 0, '\x89PNG\r\n\x1a\n')) return readPng;
  if (isAt(view, 0, '\xff\xd8\xff')) return readJpeg;
  if (isAt(view, 0, 'GIF87a') || isAt(view, 0, 'GIF89a')) return readGif;
  if (isAt(view, 0, 'RIFF') && isAt(view, 8, 'WEBP')) return readWebp;
  return isAt(view, 4, 'ftyp') ? readBoxes : undefined;
}

/** One character is one byte. */
function isAt(view: DataView, offset: number, text: string): boolean {
  if (offset + text.length > view.byteLength) return false;
  return Array.from(text).every((character, index) => view.getUint8(offset + index) === character.charCodeAt(0));
}

function name(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(offset + index)));
}

// ————— PNG (W3C PNG, third edition, §5, §11) —————

function readPngSize(view: DataView): PictureSize | undefined {
  if (name(view, 12) !== 'IHDR') return undefined;
  return { format: 'png', width: view.getUint32(16), height: view.getUint32(20) };
}

function readPng(view: DataView): PictureHeader | undefined {
  const size = readPngSize(view);
  if (!size) return undefined;
  let hasAlpha = (view.getUint8(25) & 4) !== 0;
  let isAnimated = false;
  // Both stand before the picture itself. Lengths above 2^31 are forbidden; any leads out of the bytes, or on.
  for (let offset = 8; name(view, offset + 4) !== 'IDAT'; offset += 12 + view.getUint32(offset)) {
    const chunk = name(view, offset + 4);
    if (chunk === 'tRNS') hasAlpha = true;
    if (chunk === 'acTL') isAnimated = true;
    if (chunk === 'IEND') return undefined;
  }
  return { ...size, hasAlpha, isAnimated };
}

// ————— JPEG (ITU-T T.81 annex B) —————

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const EXIF_SEGMENT = 0xe1;
/** SOF0 to SOF15, without the three among them that are something else. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);

function readJpeg(view: DataView): PictureHeader | undefined {
  let isTurned = false;
  for (let offset = 2; ;) {
    if (view.getUint8(offset) !== 0xff) return undefined;
    const marker = view.getUint8(offset + 1);
    // Any number of ones may fill the room before a marker.
    if (marker === 0xff) {
      offset++;
      continue;
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return undefined;
    const length = view.getUint16(offset + 2);
    if (length < 2) return undefined;
    if (FRAMES.has(marker)) {
      const [height, width] = [view.getUint16(offset + 5), view.getUint16(offset + 7)];
      return { format: 'jpeg', ...(isTurned ? { width: height, height: width } : { width, height }), hasAlpha: false, isAnimated: false };
    }
    if (marker === EXIF_SEGMENT && isAt(view, offset + 4, 'Exif\0\0')) isTurned = exifOrientation(view, offset + 10, length - 8) >= 5;
    offset += 2 + length;
  }
}

const ORIENTATION_TAG = 0x0112;
const UPRIGHT = 1;

/** 1 to 8 (CIPA DC-008, tag 274); above 4 the picture lies on its side. Upright where it does not say. */
function exifOrientation(view: DataView, start: number, length: number): number {
  if (length < 8 || start + length > view.byteLength) return UPRIGHT;
  const tiff = new DataView(view.buffer, view.byteOffset + start, length);
  const littleEndian = isAt(tiff, 0, 'II');
  const directory = tiff.getUint32(4, littleEndian);
  if (directory + 2 > length) return UPRIGHT;
  const entries = tiff.getUint16(directory, littleEndian);
  for (let index = 0; index < entries; index++) {
    const entry = directory + 2 + 12 * index;
    if (entry + 12 > length) return UPRIGHT;
    if (tiff.getUint16(entry, littleEndian) === ORIENTATION_TAG) return tiff.getUint16(entry + 8, littleEndian);
  }
  return UPRIGHT;
}

// ————— GIF (GIF89a §18, §20) —————

const GIF_IMAGE = 0x2c;
const GIF_EXTENSION = 0x21;

function readGif(view: DataView): PictureHeader | undefined {
  const [width, height, flags] = [view.getUint16(6, true), view.getUint16(8, true), view.getUint8(10)];
  let offset = 13 + tableBytes(flags);
  while (view.getUint8(offset) === GIF_EXTENSION) {
    offset += 2;
    for (let size = view.getUint8(offset); size !== 0; size = view.getUint8(offset)) offset += 1 + size;
    offset++;
  }
  if (view.getUint8(offset) !== GIF_IMAGE) return undefined;
  // Decoders make room for a first frame that is larger than the screen it claims to be on.
  const right = view.getUint16(offset + 1, true) + view.getUint16(offset + 5, true);
  const bottom = view.getUint16(offset + 3, true) + view.getUint16(offset + 7, true);
  return { format: 'gif', width: Math.max(width, right), height: Math.max(height, bottom), hasAlpha: true, isAnimated: false };
}

/** Colours of a table whose flags these are: three bytes each. */
export function tableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1);
}

// ————— WebP (RFC 9649 §2; VP8: RFC 6386 §9.1) —————

const WEBP_ANIMATION = 0x02;
const WEBP_ALPHA = 0x10;

function readWebp(view: DataView): PictureHeader | undefined {
  const chunk = name(view, 12);
  if (chunk === 'VP8X') {
    const flags = view.getUint8(20);
    const width = 1 + (view.getUint16(24, true) | (view.getUint8(26) << 16));
    const height = 1 + (view.getUint16(27, true) | (view.getUint8(29) << 16));
    return { format: 'webp', width, height, hasAlpha: (flags & WEBP_ALPHA) !== 0, isAnimated: (flags & WEBP_ANIMATION) !== 0 };
  }
  if (chunk === 'VP8L') {
    if (view.getUint8(20) !== 0x2f) return undefined;
    const bits = view.getUint32(21, true);
    const [width, height] = [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
    return { format: 'webp', width, height, hasAlpha: (bits & 0x10000000) !== 0, isAnimated: false };
  }
  if (chunk !== 'VP8 ') return undefined;
  const [width, height] = [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  return isAt(view, 23, '\x9d\x01\x2a') ? { format: 'webp', width, height, hasAlpha: false, isAnimated: false } : undefined;
}

// ————— AVIF, HEIC (ISO/IEC 14496-12 §4, 23008-12 §6.5.3) —————

const HEIC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1']);

interface Box {
  readonly type: string;
  /** What is in it. */
  readonly from: number;
  readonly to: number;
}

function readBoxes(view: DataView): PictureHeader | undefined {
  const brands = [name(view, 8)];
  for (let offset = 16; offset + 4 <= view.getUint32(0); offset += 4) brands.push(name(view, offset));
  const isAvif = brands.includes('avif') || brands.includes('avis');
  if (!isAvif && !brands.some((brand) => HEIC_BRANDS.has(brand))) return undefined;
  const meta = find(view, 0, Infinity, 'meta');
  // Four bytes of version and flags stand before what is in it.
  const properties = meta && find(view, meta.from + 4, meta.to, 'iprp');
  const container = properties && find(view, properties.from, properties.to, 'ipco');
  if (!container) return undefined;
  // A picture made of tiles has a size for them and one for the whole; the largest is what has to be held.
  let [width, height] = [0, 0];
  for (const { type, from } of boxes(view, container.from, container.to)) {
    if (type !== 'ispe') continue;
    width = Math.max(width, view.getUint32(from + 4));
    height = Math.max(height, view.getUint32(from + 8));
  }
  return { format: isAvif ? 'avif' : 'heic', width, height, hasAlpha: true, isAnimated: brands[0] === 'avis' };
}

function find(view: DataView, from: number, to: number, type: string): Box | undefined {
  for (const box of boxes(view, from, to)) if (box.type === type) return box;
  return undefined;
}

/** The boxes between two offsets. Those without a size of their own, or longer than four gigabytes, hold no header: they end it. */
function* boxes(view: DataView, from: number, to: number): Generator<Box> {
  for (let offset = from; offset + 8 <= to;) {
    const size = view.getUint32(offset);
    if (size < 8 || offset + size > to) return;
    yield { type: name(view, offset + 4), from: offset + 8, to: offset + size };
    offset += size;
  }
}
