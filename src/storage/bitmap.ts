import type { Bytes } from '../lib/bytes.ts';

/** A bit for each chunk, the first in the highest bit of the first byte. */
export function hasBit(bitmap: Bytes, index: number): boolean {
  return ((bitmap[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
}

export function setBit(bitmap: Bytes, index: number): void {
  bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (0x80 >> (index & 7));
}

export function clearBit(bitmap: Bytes, index: number): void {
  bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) & ~(0x80 >> (index & 7));
}

/** The first `count` bits set, the rest of the last byte not. */
export function fullBitmap(count: number): Bytes {
  const bitmap = new Uint8Array(Math.ceil(count / 8)).fill(0xff);
  if (count % 8 !== 0) bitmap[bitmap.length - 1] = (0xff << (8 - (count % 8))) & 0xff;
  return bitmap;
}

export interface Run {
  readonly from: number;
  /** Not part of it. */
  readonly to: number;
}

/** The bits set among the first `count`, as runs in order, apart from each other. */
export function runsOf(bitmap: Bytes, count: number): readonly Run[] {
  const runs: Run[] = [];
  let from = -1;
  for (let index = 0; index <= count; index++) {
    const isSet = index < count && hasBit(bitmap, index);
    if (isSet && from < 0) from = index;
    if (!isSet && from >= 0) {
      runs.push({ from, to: index });
      from = -1;
    }
  }
  return runs;
}
