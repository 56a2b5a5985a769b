/**
 * Takes everything out of a picture that is not the picture (place, camera, names, comments), without decoding it: for
 * moving pictures, which a canvas would freeze.
 */
import { concat, type Bytes } from '../lib/bytes.ts';
import { tableBytes, type PictureFormat } from '../lib/picture-header.ts';

/** The picture alone; undefined when it is broken, or of a format that is not taken apart here. */
export function cleanPicture(bytes: Bytes, format: PictureFormat): Bytes | undefined {
  try {
    if (format === 'png') return cleanPng(bytes);
    if (format === 'gif') return cleanGif(bytes);
    return format === 'webp' ? cleanWebp(bytes) : undefined;
  } catch (reason) {
    // The one way a DataView refuses: the picture ends too early.
    if (reason instanceof RangeError) return undefined;
    throw reason;
  }
}

/** What decides how it looks, and nothing that tells of who made it. */
const PNG_CHUNKS = new Set([
  ...['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND', 'acTL', 'fcTL', 'fdAT'],
  ...['cICP', 'cHRM', 'gAMA', 'iCCP', 'sBIT', 'sRGB', 'bKGD', 'pHYs'],
]);
const PNG_SIGNATURE_BYTES = 8;

function cleanPng(bytes: Bytes): Bytes {
  const view = viewOf(bytes);
  const kept = [bytes.subarray(0, PNG_SIGNATURE_BYTES)];
  for (let offset = PNG_SIGNATURE_BYTES; ;) {
    const end = offset + 12 + view.getUint32(offset);
    const chunk = name(bytes, offset + 4);
    if (end > bytes.length) throw new RangeError('cut off');
    if (PNG_CHUNKS.has(chunk)) kept.push(bytes.subarray(offset, end));
    if (chunk === 'IEND') return concat(...kept);
    offset = end;
  }
}

const GIF_EXTENSION = 0x21;
const GIF_IMAGE = 0x2c;
const GIF_TRAILER = 0x3b;
const GIF_GRAPHIC_CONTROL = 0xf9;
const GIF_APPLICATION = 0xff;
/** How often it repeats. Other applications write what they like: XMP, for one. */
const GIF_LOOPS = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0']);

function cleanGif(bytes: Bytes): Bytes | undefined {
  const view = viewOf(bytes);
  let offset = 13 + tableBytes(view.getUint8(10));
  const kept = [bytes.subarray(0, offset)];
  for (;;) {
    const start = offset;
    const kind = view.getUint8(offset);
    if (kind === GIF_TRAILER) return concat(...kept, Uint8Array.of(GIF_TRAILER));
    if (kind === GIF_EXTENSION) {
      const label = view.getUint8(offset + 1);
      offset = skipBlocks(view, offset + 2);
      const isLoop = label === GIF_APPLICATION && GIF_LOOPS.has(String.fromCharCode(...bytes.subarray(start + 3, start + 14)));
      if (label === GIF_GRAPHIC_CONTROL || isLoop) kept.push(bytes.subarray(start, offset));
    } else if (kind === GIF_IMAGE) {
      // Ten bytes, a table of its own perhaps, the size of the codes, and the codes.
      offset = skipBlocks(view, offset + 11 + tableBytes(view.getUint8(offset + 9)));
      kept.push(bytes.subarray(start, offset));
    } else return undefined;
  }
}

function skipBlocks(view: DataView, from: number): number {
  let offset = from;
  for (let size = view.getUint8(offset); size !== 0; size = view.getUint8(offset)) offset += 1 + size;
  return offset + 1;
}

const WEBP_CHUNKS = new Set(['VP8X', 'VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
/** Of VP8X's flags, those that announce EXIF and XMP. */
const WEBP_METADATA_FLAGS = 0x08 | 0x04;
const RIFF_HEADER_BYTES = 12;

function cleanWebp(bytes: Bytes): Bytes {
  const view = viewOf(bytes);
  const kept: Bytes[] = [];
  const end = Math.min(bytes.length, 8 + view.getUint32(4, true));
  for (let offset = RIFF_HEADER_BYTES; offset < end;) {
    const size = view.getUint32(offset + 4, true);
    // Chunks are padded to even lengths.
    const next = offset + 8 + size + (size % 2);
    if (next > end) throw new RangeError('cut off');
    const chunk = name(bytes, offset);
    if (WEBP_CHUNKS.has(chunk)) kept.push(bytes.slice(offset, next));
    const flags = kept.at(-1);
    if (chunk === 'VP8X' && flags) flags[8] = (flags[8] ?? 0) & ~WEBP_METADATA_FLAGS;
    offset = next;
  }
  const cleaned = concat(bytes.subarray(0, RIFF_HEADER_BYTES), ...kept);
  viewOf(cleaned).setUint32(4, cleaned.length - 8, true);
  return cleaned;
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function name(bytes: Bytes, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}
