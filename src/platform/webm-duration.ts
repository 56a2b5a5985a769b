/**
 * Writes how long it is into a WebM file that a browser recorded. A recorder writes the beginning before it knows the end,
 * and leaves the duration out; players then show none, and cannot seek before they have played to the end.
 */
import { concat, type Bytes } from '../lib/bytes.ts';

// EBML ids (RFC 8794, RFC 9559 §5.1).
const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const INFO = 0x1549a966;
const TIMESTAMP_SCALE = 0x2ad7b1;
const DURATION = 0x4489;
const VOID = 0xec;

/** Nanoseconds of one tick unless it says otherwise: a millisecond. */
const USUAL_SCALE = 1_000_000;
const NANOSECONDS_PER_MS = 1_000_000;

interface Element {
  readonly id: number;
  /** Where its size is written, and in how many bytes. */
  readonly sizeAt: number;
  readonly sizeBytes: number;
  readonly from: number;
  /** Infinity: it is written as unknown, and goes on to the end. */
  readonly to: number;
}

/** `duration`: milliseconds. The bytes as they are when they are not as recorders write them. */
export function withWebmDuration(bytes: Bytes, duration: number): Bytes {
  try {
    return insertDuration(bytes, duration) ?? bytes;
  } catch (reason) {
    // The one way a DataView refuses: it ends too early.
    if (reason instanceof RangeError) return bytes;
    throw reason;
  }
}

function insertDuration(bytes: Bytes, duration: number): Bytes | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = elementAt(view, 0);
  if (header.id !== EBML) return undefined;
  const segment = elementAt(view, header.to);
  // One whose size is written would have to grow, and an index in it would point beside.
  if (segment.id !== SEGMENT || segment.to !== Infinity) return undefined;
  let info = elementAt(view, segment.from);
  while (info.id === VOID) info = elementAt(view, info.to);
  if (info.id !== INFO || info.to > bytes.length) return undefined;

  let scale = USUAL_SCALE;
  let written: Element | undefined;
  for (let offset = info.from; offset < info.to;) {
    const element = elementAt(view, offset);
    if (element.id === DURATION) written = element;
    if (element.id === TIMESTAMP_SCALE) scale = numberAt(view, element.from, element.to);
    offset = element.to;
  }
  const ticks = (duration * NANOSECONDS_PER_MS) / scale;
  // Chromium leaves one of next to nothing.
  if (written) return overwrite(bytes, written, ticks);
  const added = new DataView(new ArrayBuffer(11));
  added.setUint16(0, DURATION);
  added.setUint8(2, 0x88);
  added.setFloat64(3, ticks);

  const size = sizeOf(info.to - info.from + added.byteLength, info.sizeBytes);
  if (!size) return undefined;
  const [before, inside, after] = [bytes.subarray(0, info.sizeAt), bytes.subarray(info.from, info.to), bytes.subarray(info.to)];
  return concat(before, size, inside, new Uint8Array(added.buffer), after);
}

/** A float of four or eight bytes (RFC 8794 §7.3). */
function overwrite(bytes: Bytes, { from, to }: Element, ticks: number): Bytes {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (to - from === 8) view.setFloat64(from, ticks);
  else if (to - from === 4) view.setFloat32(from, ticks);
  return copy;
}

function elementAt(view: DataView, offset: number): Element {
  const idBytes = lengthOf(view.getUint8(offset));
  const sizeAt = offset + idBytes;
  const first = view.getUint8(sizeAt);
  const sizeBytes = lengthOf(first);
  const mask = 2 ** (8 - sizeBytes) - 1;
  const written = (first & mask) * 2 ** (8 * (sizeBytes - 1)) + numberAt(view, sizeAt + 1, sizeAt + sizeBytes);
  // All ones mean that it is not known.
  const isKnown = written < 2 ** (7 * sizeBytes) - 1;
  const from = sizeAt + sizeBytes;
  return { id: numberAt(view, offset, sizeAt), sizeAt, sizeBytes, from, to: isKnown ? from + written : Infinity };
}

/** Bytes of a number whose first byte this is (RFC 8794 §4). */
function lengthOf(first: number): number {
  if (first === 0) throw new RangeError('no such number');
  return Math.clz32(first) - 23;
}

function numberAt(view: DataView, from: number, to: number): number {
  let value = 0;
  for (let offset = from; offset < to; offset++) value = value * 256 + view.getUint8(offset);
  return value;
}

function sizeOf(value: number, length: number): Bytes | undefined {
  if (value >= 2 ** (7 * length) - 1) return undefined;
  const size = new Uint8Array(length);
  for (let index = length - 1, rest = value; index >= 0; index--, rest = Math.floor(rest / 256)) size[index] = rest % 256;
  size[0] = (size[0] ?? 0) | (1 << (8 - length));
  return size;
}
