/** What is here of files that somebody works on: read from the shelf once, and kept up to date by whoever puts chunks there. */
import { chunksOf } from '../crypto/file-chunks.ts';
import { succeed, type Result } from '../lib/result.ts';
import { CHUNK_BYTES } from '../protocol/file-manifest.ts';
import type { ChunkRun } from '../protocol/file-word.ts';
import type { FileId } from '../protocol/ids.ts';
import type { FileCard } from './catalog.ts';
import { ChunkSet } from './chunk-set.ts';
import type { FileShelf, ShelfFailure } from './ports.ts';

export interface Holding {
  readonly slot: string;
  readonly size: number;
  readonly have: ChunkSet;
  /** The hashes that are here; all of them once the outline has proven right. */
  hashes: number;
}

type Opened = Promise<Result<Holding, ShelfFailure>>;

export class Holdings {
  readonly #shelf: FileShelf;
  readonly #opened = new Map<FileId, Opened>();
  readonly #known = new Map<FileId, Holding>();

  constructor(shelf: FileShelf) {
    this.#shelf = shelf;
  }

  /** As far as it has been opened. */
  known(file: FileId): Holding | undefined {
    return this.#known.get(file);
  }

  /** Refused when it cannot fit; asked again, the shelf is asked again. */
  open(card: FileCard): Opened {
    const opened = this.#opened.get(card.file) ?? this.#open(card);
    this.#opened.set(card.file, opened);
    return opened;
  }

  async #open(card: FileCard): Opened {
    const { file, slot, root, size } = card;
    const chunks = chunksOf(size);
    if (card.wish === 'complete') return this.#keep(card, { slot, size, have: ChunkSet.full(chunks), hashes: chunks });
    const shelved = await this.#shelf.open(slot, { file, root, size });
    if (!shelved.ok) {
      this.#opened.delete(file);
      return shelved;
    }
    const { hashes, runs } = shelved.value;
    return this.#keep(card, { slot, size, have: new ChunkSet(chunks, runs), hashes });
  }

  #keep({ file }: FileCard, holding: Holding): Result<Holding, ShelfFailure> {
    this.#known.set(file, holding);
    return succeed(holding);
  }

  /** Nobody works on it any more. */
  async close(card: FileCard): Promise<void> {
    this.forget(card.file);
    await this.#shelf.release(card.slot);
  }

  /** What is on the shelf is not what we thought, or gone. */
  forget(file: FileId): void {
    this.#opened.delete(file);
    this.#known.delete(file);
  }
}

/** Bytes of the chunks in a set. */
export function bytesOfSet(set: ChunkSet, size: number): number {
  const missingAtEnd = set.has(set.chunks - 1) ? set.chunks * CHUNK_BYTES - size : 0;
  return set.size * CHUNK_BYTES - missingAtEnd;
}

/** Bytes of the chunks in runs that do not overlap. */
export function bytesOfRuns(runs: readonly ChunkRun[], size: number): number {
  const bytesUpTo = (chunk: number) => Math.min(chunk * CHUNK_BYTES, size);
  return Math.min(
    runs.reduce((sum, { from, to }) => sum + Math.max(0, bytesUpTo(to) - bytesUpTo(from)), 0),
    size,
  );
}

/** The chunks that bytes `from` up to, and not including, `to` lie in. */
export function chunksOfBytes(from: number, to: number): ChunkRun {
  return { from: Math.floor(from / CHUNK_BYTES), to: Math.ceil(to / CHUNK_BYTES) };
}
