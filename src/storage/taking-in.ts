/** A source on its way onto the shelf: read, sealed, hashed and written, several chunks at a time. */
import { chunkPlace, hashForOutline, sealChunk, type ChunkKey } from '../crypto/file-chunks.ts';
import type { FileSource } from '../files/ports.ts';
import { EMPTY, type Bytes } from '../lib/bytes.ts';
import { CHUNK_HASH_BYTES } from '../protocol/file-manifest.ts';
import { plainChunks } from './file-source.ts';
import { writeAll, type SlotFile } from './shelf-disk.ts';
import { Slot, type SlotLayout } from './slot.ts';
import { chunkAt, shapeOf } from './slot-shape.ts';

/** Enough to keep WebCrypto's threads busy while others are written; a mebibyte of plaintext and one of sealed chunks. */
const CHUNKS_IN_FLIGHT = 16;

export interface TakingIn {
  readonly file: SlotFile;
  readonly source: FileSource;
  /** Bytes of plaintext the source said it has. */
  readonly size: number;
  readonly key: ChunkKey;
  /** Told after each chunk: bytes of plaintext so far. */
  readonly progress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** The source gave more or fewer bytes than it said. */
export class SourceChanged extends Error {}

/** Rejects with what stopped it: `SourceChanged`, the signal's reason, or what disk or source say. Then the file is good for nothing. */
export async function takeIn({ file, source, size, key, progress, signal }: TakingIn): Promise<SlotLayout> {
  const shape = shapeOf(size);
  const outline = new Uint8Array(shape.chunks * CHUNK_HASH_BYTES);
  const inFlight: Promise<void>[] = [];
  let taken = 0;

  const sealInto = async (index: number, plaintext: Bytes): Promise<void> => {
    const sealed = await sealChunk(key, chunkPlace(index, size), plaintext);
    const hash = await hashForOutline(sealed);
    signal.throwIfAborted();
    writeAll(file, chunkAt(shape, index), sealed);
    outline.set(hash, index * CHUNK_HASH_BYTES);
    progress((taken += plaintext.length));
  };
  /** Waits for the one that began CHUNKS_IN_FLIGHT before it. */
  const launch = async (index: number, plaintext: Bytes): Promise<void> => {
    const place = index % CHUNKS_IN_FLIGHT;
    await inFlight[place];
    inFlight[place] = sealInto(index, plaintext);
    // It is waited for later, when its turn comes.
    inFlight[place].catch(() => undefined);
  };

  file.truncate(0);
  let read = 0;
  try {
    let index = 0;
    for await (const plaintext of plainChunks(source)) {
      signal.throwIfAborted();
      read += plaintext.length;
      if (read > size) throw new SourceChanged();
      await launch(index++, plaintext);
    }
    if (read !== size) throw new SourceChanged();
    if (size === 0) await launch(0, EMPTY);
    await Promise.all(inFlight);
  } finally {
    // Nothing of it may be written any more once the file is closed.
    await Promise.allSettled(inFlight);
  }
  const layout = { root: await hashForOutline(outline), size };
  Slot.finish(file, layout, outline);
  return layout;
}
