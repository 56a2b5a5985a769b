/** Which part of a file a request wants (RFC 9110 §14). Offsets in bytes, `to` not included. */
export type ByteRange =
  /** No range, or one this server does not know: all of it, with 200. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly from: number; readonly to: number }
  /** Well-formed, and nothing of it is in the file: 416. */
  | { readonly kind: 'outside' };

/** A single range. Several in one request may be answered with the whole (RFC 9110 §14.2), and no player asks so. */
const SINGLE_RANGE = /^bytes=(\d*)-(\d*)$/;

/** Reads a `Range` header for a file of `size` bytes. */
export function byteRange(header: string | null, size: number): ByteRange {
  const [, first = '', last = ''] = SINGLE_RANGE.exec(header ?? '') ?? [];
  if (first === '') return last === '' ? { kind: 'whole' } : suffix(Number(last), size);
  const from = Number(first);
  if (last !== '' && Number(last) < from) return { kind: 'whole' };
  if (from >= size) return { kind: 'outside' };
  return { kind: 'part', from, to: last === '' ? size : Math.min(Number(last) + 1, size) };
}

function suffix(length: number, size: number): ByteRange {
  if (length === 0 || size === 0) return { kind: 'outside' };
  return { kind: 'part', from: Math.max(0, size - length), to: size };
}
