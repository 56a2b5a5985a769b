import { concat, type Bytes } from '../lib/bytes.ts';

/**
 * The length (u32, big-endian) in front of the bytes: what is hashed or signed piece after piece must not read the same
 * when a boundary moves (PROTOCOL.md C3).
 */
export function lengthPrefixed(part: Uint8Array): Bytes {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, part.length);
  return concat(length, part);
}
