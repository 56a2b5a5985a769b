/** A shelf in memory that seals, verifies and refuses as a disk would. Hashes are made at once, so that tests need no real time. */
import { createHash } from 'node:crypto';
import { chunkKeyOf, chunkLength, chunkPlace, chunksOf, openChunk, sealChunk } from '../../src/crypto/file-chunks.ts';
import { concat, equalBytes, type Bytes } from '../../src/lib/bytes.ts';
import { fail, succeed } from '../../src/lib/result.ts';
import { CHUNK_BYTES, CHUNK_HASH_BYTES } from '../../src/protocol/file-manifest.ts';
import { asRuns } from '../../src/files/chunk-set.ts';
import type { FileShelf, Layout } from '../../src/files/ports.ts';

interface Slot {
  root: Bytes;
  size: number;
  hashes: Bytes[];
  readonly chunks: Map<number, Bytes>;
}

export class MemoryShelf implements FileShelf {
  readonly contents = new Map<string, Slot>();
  /** Bytes of chunks there may be. */
  capacity = Infinity;
  /** Calls of `open`, `put` and `read`. */
  readonly calls = { open: 0, put: 0, read: 0 };

  get used(): number {
    let sum = 0;
    for (const { chunks } of this.contents.values()) for (const { length } of chunks.values()) sum += length;
    return sum;
  }

  takeIn: FileShelf['takeIn'] = async (slot, source, key, { progress, signal }) => {
    if (source.kind !== 'blob') return fail({ kind: 'unreadable' });
    const bytes = new Uint8Array(await source.blob.arrayBuffer());
    const [sealer, chunks, hashes] = [await chunkKeyOf(key), new Map<number, Bytes>(), [] as Bytes[]];
    for (let index = 0; index < chunksOf(bytes.length); index++) {
      if (signal.aborted) return fail({ kind: 'cancelled' });
      const plain = bytes.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
      const sealed = await sealChunk(sealer, chunkPlace(index, bytes.length), plain);
      chunks.set(index, sealed);
      hashes.push(sha256(sealed));
      progress(index * CHUNK_BYTES + plain.length);
    }
    const root = sha256(concat(...hashes));
    this.contents.set(slot, { root, size: bytes.length, hashes, chunks });
    return succeed({ root, size: bytes.length });
  };

  open: FileShelf['open'] = (slot, layout: Layout) => {
    this.calls.open++;
    const free = this.capacity - this.used;
    const there = this.contents.get(slot);
    if (!there && layout.size > free) return Promise.resolve(fail({ kind: 'disk-full', needed: layout.size, free }));
    const opened = there ?? { root: layout.root, size: layout.size, hashes: [], chunks: new Map<number, Bytes>() };
    this.contents.set(slot, opened);
    const runs = asRuns([...opened.chunks.keys()].sort((a, b) => a - b));
    return Promise.resolve(succeed({ hashes: opened.hashes.length, runs }));
  };

  putOutline: FileShelf['putOutline'] = (slot, from, hashes) => {
    const there = this.#at(slot);
    for (let offset = 0; offset < hashes.length; offset += CHUNK_HASH_BYTES) {
      there.hashes[from + offset / CHUNK_HASH_BYTES] = hashes.slice(offset, offset + CHUNK_HASH_BYTES);
    }
    if (there.hashes.length < chunksOf(there.size)) return Promise.resolve(succeed('more'));
    if (equalBytes(sha256(concat(...there.hashes)), there.root)) return Promise.resolve(succeed('complete'));
    there.hashes = [];
    return Promise.resolve(fail({ kind: 'wrong' }));
  };

  put: FileShelf['put'] = (slot, index, sealed) => {
    this.calls.put++;
    const there = this.#at(slot);
    const hash = there.hashes[index];
    if (!hash || !equalBytes(sha256(sealed), hash)) return Promise.resolve(fail({ kind: 'wrong' }));
    if (there.chunks.has(index)) return Promise.resolve(succeed('had'));
    const free = this.capacity - this.used;
    if (sealed.length > free)
      return Promise.resolve(fail({ kind: 'disk-full', needed: there.size - there.chunks.size * CHUNK_BYTES, free }));
    there.chunks.set(index, sealed);
    return Promise.resolve(succeed('kept'));
  };

  read: FileShelf['read'] = (slot, index) => {
    this.calls.read++;
    return Promise.resolve(this.contents.get(slot)?.chunks.get(index));
  };

  readOutline: FileShelf['readOutline'] = (slot, from, count) => {
    const hashes = this.contents.get(slot)?.hashes.slice(from, from + count);
    return Promise.resolve(hashes && concat(...hashes));
  };

  readPlain: FileShelf['readPlain'] = async (slot, { size }, key, from, to) => {
    const opener = await chunkKeyOf(key);
    const plain = new Uint8Array(to - from);
    for (let index = Math.floor(from / CHUNK_BYTES); index * CHUNK_BYTES < to; index++) {
      const sealed = this.contents.get(slot)?.chunks.get(index);
      const chunk = sealed && (await openChunk(opener, chunkPlace(index, size), sealed));
      if (chunk?.length !== chunkLength(index, size)) return undefined;
      const start = index * CHUNK_BYTES - from;
      plain.set(chunk.subarray(Math.max(0, -start), to - from - start), Math.max(0, start));
    }
    return plain;
  };

  release: FileShelf['release'] = () => Promise.resolve();

  remove: FileShelf['remove'] = (slot) => {
    this.contents.delete(slot);
    return Promise.resolve();
  };

  slots: FileShelf['slots'] = () => Promise.resolve([...this.contents.keys()]);

  room: FileShelf['room'] = () => Promise.resolve({ used: this.used, quota: this.capacity });

  #at(slot: string): Slot {
    const there = this.contents.get(slot);
    if (!there) throw new Error('A slot is opened before it is used');
    return there;
  }
}

function sha256(bytes: Uint8Array): Bytes {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
