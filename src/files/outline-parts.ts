/** The outline of one file as one giver gives it: part after part, some asked for ahead of each other (PROTOCOL.md X2). */
import type { Bytes } from '../lib/bytes.ts';
import { CHUNK_HASH_BYTES } from '../protocol/file-manifest.ts';
import { MAX_HASHES } from '../protocol/file-word.ts';
import type { FileShelf, ShelfFailure } from './ports.ts';

/** Parts asked for at a time: 230 KB, so that distance costs a round trip for four parts, not for each. */
const PARTS_AHEAD = 4;

export type OutlineStep =
  /** It goes on; `asks` are what to ask for now. */
  | { readonly kind: 'more' | 'complete' }
  /** What came is not the file's. `blames`: all of it came from this giver. */
  | { readonly kind: 'wrong'; readonly blames: boolean }
  | { readonly kind: 'failed'; readonly failure: ShelfFailure };

export class OutlineParts {
  readonly #chunks: number;
  readonly #pure: boolean;
  #asked: number;
  #arrived: number;

  /** `from`: hashes that are here already, whoever gave them. */
  constructor(chunks: number, from: number) {
    this.#chunks = chunks;
    this.#pure = from === 0;
    this.#asked = from;
    this.#arrived = from;
  }

  /** First hashes of the parts to ask for now. */
  next(): readonly number[] {
    const parts: number[] = [];
    while (this.#asked < this.#chunks && this.#asked - this.#arrived < PARTS_AHEAD * MAX_HASHES) {
      parts.push(this.#asked);
      this.#asked += MAX_HASHES;
    }
    return parts;
  }

  /** Whether this is the part that must come now, whole. */
  accepts(from: number, hashes: Bytes): boolean {
    const expected = Math.min(MAX_HASHES, this.#chunks - this.#arrived);
    return from === this.#arrived && from < this.#asked && hashes.length === expected * CHUNK_HASH_BYTES;
  }

  async put(shelf: FileShelf, slot: string, from: number, hashes: Bytes): Promise<OutlineStep> {
    this.#arrived = from + hashes.length / CHUNK_HASH_BYTES;
    const put = await shelf.putOutline(slot, from, hashes);
    if (put.ok) return { kind: put.value };
    return put.failure.kind === 'wrong' ? { kind: 'wrong', blames: this.#pure } : { kind: 'failed', failure: put.failure };
  }
}
