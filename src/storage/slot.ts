/**
 * One file on the shelf, open. What it says is there is there, whatever ended before.
 *
 * A chunk is written first and claimed after. Who kills the page loses nothing: the system has both, in that order. A power
 * cut keeps no order, so every so often all is brought to the disk and only then called settled; what is claimed and not
 * settled is hashed again when the file is opened, and that is never much.
 */
import { hashForOutline } from '../crypto/file-chunks.ts';
import { assert } from '../lib/assert.ts';
import { concat, equalBytes, type Bytes } from '../lib/bytes.ts';
import { CHUNK_HASH_BYTES } from '../protocol/file-manifest.ts';
import { clearBit, fullBitmap, hasBit, runsOf, setBit, type Run } from './bitmap.ts';
import { readAll, writeAll, type SlotFile } from './shelf-disk.ts';
import { chunkAt, decodeHead, encodeHead, HEAD_BYTES, sealedLength, shapeOf, type SlotHead, type SlotShape } from './slot-shape.ts';

/** So much is hashed again at most: a tenth of a second. Bringing it to a slow disk takes seconds, in which nothing else is written. */
const SETTLE_BYTES = 64 * 1_048_576;

export interface SlotLayout {
  readonly root: Bytes;
  readonly size: number;
}

export class Slot {
  readonly root: Bytes;
  readonly size: number;
  readonly #file: SlotFile;
  readonly #shape: SlotShape;
  #hashes: number;
  /** What is here; as it lies in the file under `claimed`. */
  readonly #here: Bytes;
  readonly #settled: Bytes;
  #missing: number;
  #unsettledBytes = 0;

  private constructor(file: SlotFile, head: SlotHead, here: Bytes, settled: Bytes) {
    this.root = head.root;
    this.size = head.size;
    this.#file = file;
    this.#shape = shapeOf(head.size);
    this.#hashes = head.hashes;
    this.#here = here;
    this.#settled = settled;
    this.#missing = this.#shape.chunks - runsOf(here, this.#shape.chunks).reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Makes the file one in which nothing is yet. */
  static begin(file: SlotFile, { root, size }: SlotLayout): Slot {
    const { chunksAt, bitmap } = shapeOf(size);
    const head = { root, size, hashes: 0 };
    empty(file);
    file.truncate(chunksAt);
    writeAll(file, 0, encodeHead(head));
    return new Slot(file, head, new Uint8Array(bitmap), new Uint8Array(bitmap));
  }

  /** Makes the file, in which all chunks lie already, one in which all are. The head comes last: without it there is nothing. */
  static finish(file: SlotFile, { root, size }: SlotLayout, outline: Bytes): void {
    const { chunks, settledAt } = shapeOf(size);
    const all = fullBitmap(chunks);
    writeAll(file, settledAt, concat(all, all, outline));
    file.flush();
    writeAll(file, 0, encodeHead({ root, size, hashes: chunks }));
    file.flush();
  }

  /** What the file has been made before; undefined when it was none of the two. */
  static async reopen(file: SlotFile): Promise<Slot | undefined> {
    const bytes = readAll(file, 0, HEAD_BYTES);
    const head = bytes && decodeHead(bytes);
    const shape = head && shapeOf(head.size);
    if (!shape || file.getSize() < shape.chunksAt) return undefined;
    const outline = readAll(file, shape.outlineAt, head.hashes * CHUNK_HASH_BYTES);
    const isWhole = head.hashes === shape.chunks;
    // No chunk was written before the outline was whole and the file's: then none is here.
    if (!outline || !isWhole) return Slot.#with(file, head, shape);
    if (!equalBytes(await hashForOutline(outline), head.root)) return Slot.begin(file, head);
    return Slot.#look(file, head, shape, outline);
  }

  static #with(file: SlotFile, head: SlotHead, { bitmap }: SlotShape): Slot {
    return new Slot(file, head, new Uint8Array(bitmap), new Uint8Array(bitmap));
  }

  /** Takes settled chunks as told, as far as the file goes, and hashes the others again. */
  static async #look(file: SlotFile, head: SlotHead, shape: SlotShape, outline: Bytes): Promise<Slot> {
    const { chunks, bitmap, settledAt, claimedAt } = shape;
    const settled = readAll(file, settledAt, bitmap) ?? new Uint8Array(bitmap);
    const here = readAll(file, claimedAt, bitmap) ?? new Uint8Array(bitmap);
    settled.forEach((byte, place) => (here[place] = (here[place] ?? 0) | byte));
    const end = file.getSize();
    for (const { from, to } of runsOf(here, chunks)) {
      for (let index = from; index < to; index++) {
        const length = sealedLength(shape, index);
        const reaches = chunkAt(shape, index) + length <= end;
        if (reaches && hasBit(settled, index)) continue;
        const sealed = reaches ? readAll(file, chunkAt(shape, index), length) : undefined;
        if (sealed && equalBytes(await hashForOutline(sealed), hashIn(outline, index))) continue;
        clearBit(here, index);
      }
    }
    const slot = new Slot(file, head, here, settled);
    if (!equalBytes(here, settled)) slot.#settleAgain();
    return slot;
  }

  isOf({ root, size }: SlotLayout): boolean {
    return this.size === size && equalBytes(this.root, root);
  }

  get hashes(): number {
    return this.#hashes;
  }

  runs(): readonly Run[] {
    return runsOf(this.#here, this.#shape.chunks);
  }

  /** Bytes the file will still grow by. */
  remaining(): number {
    return Math.max(0, this.#shape.whole - this.#file.getSize());
  }

  /** Parts may overlap what is here. One that leaves a gap, and whatever comes when all are here, changes nothing. */
  async putOutline(from: number, part: Bytes): Promise<'more' | 'complete' | 'wrong'> {
    const { chunks, outlineAt } = this.#shape;
    if (this.#hashes === chunks) return 'complete';
    const count = part.length / CHUNK_HASH_BYTES;
    if (!Number.isInteger(count) || from + count > chunks) return 'wrong';
    if (from > this.#hashes || from + count <= this.#hashes) return 'more';
    writeAll(this.#file, outlineAt + from * CHUNK_HASH_BYTES, part);
    if (from + count < chunks) {
      this.#setHashes(from + count);
      return 'more';
    }
    const outline = readAll(this.#file, outlineAt, chunks * CHUNK_HASH_BYTES);
    const isRight = outline !== undefined && equalBytes(await hashForOutline(outline), this.root);
    this.#setHashes(isRight ? chunks : 0);
    return isRight ? 'complete' : 'wrong';
  }

  /** `hash`: of `sealed`. */
  put(index: number, sealed: Bytes, hash: Bytes): 'kept' | 'had' | 'wrong' {
    const shape = this.#shape;
    assert(this.#hashes === shape.chunks, 'chunks are asked for once the outline is here');
    if (index >= shape.chunks || sealed.length !== sealedLength(shape, index)) return 'wrong';
    if (hasBit(this.#here, index)) return 'had';
    const expected = this.readOutline(index, 1);
    if (!expected || !equalBytes(hash, expected)) return 'wrong';
    writeAll(this.#file, chunkAt(shape, index), sealed);
    setBit(this.#here, index);
    this.#writeClaim(index);
    this.#missing--;
    this.#unsettledBytes += sealed.length;
    if (this.#unsettledBytes >= SETTLE_BYTES || this.#missing === 0) this.settle();
    return 'kept';
  }

  /** As it lies there, not looked at: whoever gets it knows what it has to be. */
  read(index: number): Bytes | undefined {
    if (index >= this.#shape.chunks || !hasBit(this.#here, index)) return undefined;
    return readAll(this.#file, chunkAt(this.#shape, index), sealedLength(this.#shape, index));
  }

  readOutline(from: number, count: number): Bytes | undefined {
    if (from + count > this.#hashes) return undefined;
    return readAll(this.#file, this.#shape.outlineAt + from * CHUNK_HASH_BYTES, count * CHUNK_HASH_BYTES);
  }

  /** Brings everything to the disk, and then says so there. */
  settle(): void {
    if (this.#unsettledBytes === 0) return;
    this.#file.flush();
    this.#settled.set(this.#here);
    writeAll(this.#file, this.#shape.settledAt, this.#settled);
    this.#file.flush();
    this.#unsettledBytes = 0;
  }

  /** What was found is told as it was found: a claim that was not true must not become so by the file growing past it. */
  #settleAgain(): void {
    writeAll(this.#file, this.#shape.claimedAt, this.#here);
    this.#unsettledBytes = SETTLE_BYTES;
    this.settle();
  }

  close(): void {
    try {
      this.settle();
    } finally {
      this.#file.close();
    }
  }

  #setHashes(hashes: number): void {
    this.#hashes = hashes;
    writeAll(this.#file, 0, encodeHead({ root: this.root, size: this.size, hashes }));
  }

  #writeClaim(index: number): void {
    const place = index >> 3;
    writeAll(this.#file, this.#shape.claimedAt + place, this.#here.slice(place, place + 1));
  }
}

/** What lay there must not come back under a new head. */
function empty(file: SlotFile): void {
  if (file.getSize() === 0) return;
  file.truncate(0);
  file.flush();
}

function hashIn(outline: Bytes, index: number): Bytes {
  return outline.subarray(index * CHUNK_HASH_BYTES, (index + 1) * CHUNK_HASH_BYTES);
}
