/**
 * What a file is, by its first bytes, if it is one of the few things this origin gives a browser to show: pictures, sound,
 * film, PDF. Anything else has no type here, whatever its name or its sender say. Nothing in the list can run a script in
 * the page: there is no HTML, SVG, XML or JavaScript, and none of them begins like one of these (WHATWG MIME Sniffing §6).
 */

/** How many of the first bytes are looked at. */
export const SNIFFED_BYTES = 64;

interface Signature {
  readonly type: string;
  /** Where each text stands; one character is one byte. */
  readonly parts: readonly (readonly [offset: number, text: string])[];
}

const SIGNATURES: readonly Signature[] = [
  { type: 'image/png', parts: [[0, '\x89PNG\r\n\x1a\n']] },
  { type: 'image/jpeg', parts: [[0, '\xff\xd8\xff']] },
  { type: 'image/gif', parts: [[0, 'GIF87a']] },
  { type: 'image/gif', parts: [[0, 'GIF89a']] },
  { type: 'image/webp', parts: [[0, 'RIFF'], [8, 'WEBPVP8']] },
  { type: 'audio/wav', parts: [[0, 'RIFF'], [8, 'WAVE']] },
  { type: 'audio/flac', parts: [[0, 'fLaC']] },
  { type: 'audio/mpeg', parts: [[0, 'ID3']] },
  { type: 'application/pdf', parts: [[0, '%PDF-']] },
]; // prettier-ignore

const EBML = '\x1a\x45\xdf\xa3';
const OGG = 'OggS';
/** The first packet of an Ogg stream follows a page header of 27 bytes and one length (RFC 3533 §6). */
const OGG_PACKET = 28;

/** ISO base media files name their family in the first box (ISO/IEC 14496-12 §4.3). */
const PICTURE_BRANDS = new Set(['avif', 'avis']);
const SOUND_BRANDS = new Set(['M4A ', 'M4B ', 'M4P ', 'F4A ']);
/** `qt  ` is Apple's elder brother of MP4; players that can show it read it as MP4. */
const FILM_BRANDS = /^(isom|iso\d|mp4\d|avc1|hvc1|M4V |f4v |F4V |dash|cmf\w|mmp4|MSNV|3g\w\w|qt {2})$/;

/** The type to answer with, or undefined when it is not to be shown. `start`: the first SNIFFED_BYTES of it, or all if it is shorter. */
export function shownType(start: Uint8Array): string | undefined {
  const text = String.fromCharCode(...start.subarray(0, SNIFFED_BYTES));
  const signature = SIGNATURES.find(({ parts }) => parts.every(([offset, part]) => text.startsWith(part, offset)));
  return signature?.type ?? boxedType(text) ?? streamedType(text) ?? framedType(start);
}

function boxedType(text: string): string | undefined {
  if (!text.startsWith('ftyp', 4)) return undefined;
  const end = Math.min(text.length, (text.charCodeAt(2) << 8) | text.charCodeAt(3));
  const brands = [text.slice(8, 12)];
  for (let offset = 16; offset + 4 <= end; offset += 4) brands.push(text.slice(offset, offset + 4));
  const [major = ''] = brands;
  if (brands.some((brand) => PICTURE_BRANDS.has(brand))) return 'image/avif';
  if (SOUND_BRANDS.has(major)) return 'audio/mp4';
  return FILM_BRANDS.test(major) ? 'video/mp4' : undefined;
}

function streamedType(text: string): string | undefined {
  if (text.startsWith(EBML)) return text.includes('webm') ? 'video/webm' : undefined;
  if (!text.startsWith(OGG)) return undefined;
  return text.startsWith('\x80theora', OGG_PACKET) ? 'video/ogg' : 'audio/ogg';
}

/** MPEG audio has no header but that of each frame: eleven or twelve ones, and a layer (ISO/IEC 11172-3 §2.4, 13818-7 §6.2). */
function framedType([sync = 0, head = 0, rates = 0]: Uint8Array): string | undefined {
  if (sync !== 0xff) return undefined;
  if ((head & 0xf6) === 0xf0) return 'audio/aac';
  const isLayer3 = (head & 0xe6) === 0xe2 && (head & 0x18) !== 0x08;
  const hasRates = (rates & 0xf0) !== 0xf0 && (rates & 0x0c) !== 0x0c;
  return isLayer3 && hasRates ? 'audio/mpeg' : undefined;
}
