/**
 * Where things lie in a slot's file: a head, two bitmaps, the outline, then the sealed chunks one behind the other.
 *
 *     0   magic, version        8 bytes
 *     8   root                  32
 *     40  size of the plaintext u64
 *     48  hashes of the outline that are here, from the first on  u32
 *     64  settled: chunks that were on the disk before this said so  one bit each
 *         claimed: chunks that were written before this said so      one bit each
 *         outline                                                    32 bytes each
 *         sealed chunks
 */
import { chunksOf } from '../crypto/file-chunks.ts';
import { concat, equalBytes, utf8, type Bytes } from '../lib/bytes.ts';
import { CHUNK_HASH_BYTES, CHUNK_TAG_BYTES, MAX_FILE_BYTES, SEALED_CHUNK_BYTES } from '../protocol/file-manifest.ts';

const MAGIC = concat(utf8('PARLEYF'), new Uint8Array([1]));
export const HEAD_BYTES = 64;
const [ROOT_AT, SIZE_AT, HASHES_AT] = [8, 40, 48];

export interface SlotHead {
  readonly root: Bytes;
  readonly size: number;
  readonly hashes: number;
}

/** Offsets and lengths in bytes. */
export interface SlotShape {
  readonly chunks: number;
  readonly bitmap: number;
  readonly settledAt: number;
  readonly claimedAt: number;
  readonly outlineAt: number;
  readonly chunksAt: number;
  /** Of the file when every chunk is there. */
  readonly whole: number;
}

export function shapeOf(size: number): SlotShape {
  const chunks = chunksOf(size);
  const bitmap = Math.ceil(chunks / 8);
  const claimedAt = HEAD_BYTES + bitmap;
  const outlineAt = claimedAt + bitmap;
  const chunksAt = outlineAt + chunks * CHUNK_HASH_BYTES;
  return { chunks, bitmap, settledAt: HEAD_BYTES, claimedAt, outlineAt, chunksAt, whole: chunksAt + size + chunks * CHUNK_TAG_BYTES };
}

export function chunkAt({ chunksAt }: SlotShape, index: number): number {
  return chunksAt + index * SEALED_CHUNK_BYTES;
}

/** Bytes of the sealed chunk. */
export function sealedLength({ chunks, chunksAt, whole }: SlotShape, index: number): number {
  return index === chunks - 1 ? whole - chunksAt - index * SEALED_CHUNK_BYTES : SEALED_CHUNK_BYTES;
}

export function encodeHead({ root, size, hashes }: SlotHead): Bytes {
  const head = new Uint8Array(HEAD_BYTES);
  head.set(MAGIC);
  head.set(root, ROOT_AT);
  const view = new DataView(head.buffer);
  view.setBigUint64(SIZE_AT, BigInt(size));
  view.setUint32(HASHES_AT, hashes);
  return head;
}

/** Undefined for what no slot begins with: one that was not finished. */
export function decodeHead(head: Bytes): SlotHead | undefined {
  if (head.length !== HEAD_BYTES || !equalBytes(head.subarray(0, MAGIC.length), MAGIC)) return undefined;
  const view = new DataView(head.buffer, head.byteOffset);
  const size = Number(view.getBigUint64(SIZE_AT));
  const hashes = view.getUint32(HASHES_AT);
  if (size > MAX_FILE_BYTES || hashes > chunksOf(size)) return undefined;
  return { root: head.slice(ROOT_AT, SIZE_AT), size, hashes };
}
