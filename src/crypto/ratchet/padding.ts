/** Lengths tell what is said, so bodies come in few sizes (PROTOCOL.md R7). */
import { EMPTY, type Bytes } from '../../lib/bytes.ts';

const SMALLEST_BYTES = 64;
/** Ends the content (ISO/IEC 7816-4); zeros follow. */
const END = 0x80;

/** The content, its end, and zeros up to the next size. */
export function pad(content: Uint8Array): Bytes {
  const padded = new Uint8Array(paddedLength(content.length));
  padded.set(content);
  padded[content.length] = END;
  return padded;
}

/** Undefined for what `pad` did not make. */
export function unpad(padded: Uint8Array): Bytes | undefined {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (padded[end] !== END || padded.length !== paddedLength(end)) return undefined;
  return end === 0 ? EMPTY : padded.slice(0, end);
}

/**
 * The length of a padded content of `length` bytes. Each size is a fifth larger than the one before: at most a sixth of a
 * longer body is padding, and everything up to 32 KB shares 35 sizes.
 */
export function paddedLength(length: number): number {
  let size = SMALLEST_BYTES;
  while (size <= length) size = Math.floor((size * 6) / 5);
  return size;
}
