/** The shelf itself, inside its worker: which slots are open, what is asked of each, one after the other. */
import { chunkLength, chunkPlace, hashForOutline, openChunk, type ChunkKey } from '../crypto/file-chunks.ts';
import type { FileShelf, FileSource, Layout, ShelfFailure } from '../files/ports.ts';
import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import { Serial } from '../lib/serial.ts';
import { CHUNK_BYTES, MAX_FILE_BYTES } from '../protocol/file-manifest.ts';
import { sizeOf } from './file-source.ts';
import type { ShelfDisk, SlotFile } from './shelf-disk.ts';
import { Slot, type SlotLayout } from './slot.ts';
import { shapeOf } from './slot-shape.ts';
import { SourceChanged, takeIn } from './taking-in.ts';

/** Open at a time. Each is a file the system keeps open and a bitmap in memory; fetching and giving works on fewer. */
const MAX_OPEN = 32;
/** Read and opened in one go when plaintext is wanted: a mebibyte. */
const CHUNKS_AT_ONCE = 16;
const NAME = /^[\w-]{1,100}$/;

/** As `FileShelf`, but for the key, which was made ready outside and cannot be read out again. */
export type ShelfVerbs = Omit<FileShelf, 'takeIn' | 'readPlain'> & {
  readPlain(slot: string, layout: Layout, key: ChunkKey, from: number, to: number): Promise<Bytes | undefined>;
  takeIn(
    slot: string,
    source: FileSource,
    key: ChunkKey,
    options: { readonly progress: (bytes: number) => void; readonly signal: AbortSignal },
  ): Promise<Result<SlotLayout, ShelfFailure>>;
};

interface Place {
  readonly tasks: Serial;
  /** Tasks that are waiting or under way. */
  users: number;
  slot: Slot | undefined;
}

/** Nothing to be done without: the slot's file is not there, or nothing that was finished. */
class NoSlot extends Error {}

export class ShelfRoom implements ShelfVerbs {
  readonly #disk: ShelfDisk;
  /** Those used last come last. */
  readonly #places = new Map<string, Place>();

  constructor(disk: ShelfDisk) {
    this.#disk = disk;
  }

  takeIn: ShelfVerbs['takeIn'] = (slot, source, key, { progress, signal }) => {
    const size = sizeOf(source);
    if (size > MAX_FILE_BYTES) return Promise.resolve(fail({ kind: 'too-large', limit: MAX_FILE_BYTES }));
    const needed = shapeOf(size).whole;
    return this.#inTurn(slot, async (place) => {
      shut(place);
      const full = await this.#isTooMuch(needed);
      if (full) return fail(full);
      let isDone = false;
      try {
        signal.throwIfAborted();
        const file = await this.#openFile(slot, true);
        try {
          const layout = await takeIn({ file, source, size, key, progress, signal });
          isDone = true;
          return succeed(layout);
        } finally {
          file.close();
        }
      } catch (reason) {
        if (signal.aborted) return fail({ kind: 'cancelled' });
        return fail(isUnreadable(reason) ? { kind: 'unreadable' } : await this.#failureOf(reason, needed));
      } finally {
        if (!isDone) await this.#disk.remove(slot);
      }
    });
  };

  open: ShelfVerbs['open'] = (slot, layout) =>
    this.#inTurn(slot, async (place) => {
      let needed = shapeOf(layout.size).whole;
      try {
        const known = await this.#slotAt(slot, place).catch(unlessNoSlot);
        const isReady = known?.isOf(layout) === true;
        if (isReady) needed = known.remaining();
        const full = await this.#isTooMuch(needed);
        if (full) return fail(full);
        const { hashes, runs } = describe(isReady ? known : await this.#begin(slot, place, layout));
        return succeed({ hashes, runs });
      } catch (reason) {
        return fail(await this.#failureOf(reason, needed));
      }
    });

  putOutline: ShelfVerbs['putOutline'] = (slot, from, hashes) =>
    this.#trying(slot, hashes.length, async (opened) => opened.putOutline(from, hashes));

  put: ShelfVerbs['put'] = (slot, index, sealed) => {
    // Begun at once, whatever is waiting: several are hashed side by side.
    const hash = hashForOutline(sealed);
    return this.#trying(slot, sealed.length, async (opened) => opened.put(index, sealed, await hash));
  };

  read: ShelfVerbs['read'] = (slot, index) => this.#orUndefined(slot, (opened) => opened.read(index));

  readOutline: ShelfVerbs['readOutline'] = (slot, from, count) => this.#orUndefined(slot, (opened) => opened.readOutline(from, count));

  readPlain: ShelfVerbs['readPlain'] = async (slot, layout, key, from, to) => {
    if (from < 0 || from > to || to > layout.size) return undefined;
    const plaintext = new Uint8Array(to - from);
    const last = Math.ceil(to / CHUNK_BYTES);
    for (let first = Math.floor(from / CHUNK_BYTES); first < last; first += CHUNKS_AT_ONCE) {
      const indexes = Array.from({ length: Math.min(CHUNKS_AT_ONCE, last - first) }, (_, offset) => first + offset);
      const sealed = await this.#orUndefined(slot, (opened) =>
        opened.isOf(layout) ? indexes.map((index) => opened.read(index)) : undefined,
      );
      if (!sealed) return undefined;
      const copied = await Promise.all(
        indexes.map(async (index, offset) => {
          const chunk = sealed[offset];
          const opened = chunk && (await openChunk(key, chunkPlace(index, layout.size), chunk));
          if (opened?.length !== chunkLength(index, layout.size)) return false;
          const at = index * CHUNK_BYTES;
          const part = opened.subarray(Math.max(0, from - at), to - at);
          plaintext.set(part, Math.max(0, at - from));
          return true;
        }),
      );
      if (copied.includes(false)) return undefined;
    }
    return plaintext;
  };

  release: ShelfVerbs['release'] = (slot) =>
    this.#inTurn(slot, (place) => {
      shut(place);
      return Promise.resolve();
    });

  remove: ShelfVerbs['remove'] = (slot) =>
    this.#inTurn(slot, async (place) => {
      shut(place);
      await this.#disk.remove(slot);
    });

  slots: ShelfVerbs['slots'] = () => this.#disk.names();

  room: ShelfVerbs['room'] = () => this.#disk.room();

  /** Closes what is open, once what is being done is done. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#places.keys()].map((slot) => this.release(slot)));
  }

  /** Does the task when all that was asked of the slot before is done. */
  async #inTurn<Value>(slot: string, task: (place: Place) => Promise<Value>): Promise<Value> {
    assert(NAME.test(slot), 'a slot’s name is made of what every file system takes');
    const place = this.#places.get(slot) ?? { tasks: new Serial(), users: 0, slot: undefined };
    this.#places.delete(slot);
    this.#places.set(slot, place);
    place.users++;
    try {
      return await place.tasks.run(() => task(place));
    } finally {
      place.users--;
      if (place.users === 0 && !place.slot && this.#places.get(slot) === place) this.#places.delete(slot);
    }
  }

  /** Expected failures as results. `needed`: bytes it writes. */
  #trying<Answer extends string>(
    slot: string,
    needed: number,
    task: (opened: Slot) => Promise<Answer>,
  ): Promise<Result<Exclude<Answer, 'wrong'>, ShelfFailure | { readonly kind: 'wrong' }>> {
    return this.#inTurn(slot, async (place) => {
      try {
        const answer = await task(await this.#slotAt(slot, place));
        return answer === 'wrong' ? fail({ kind: 'wrong' }) : succeed(answer as Exclude<Answer, 'wrong'>);
      } catch (reason) {
        letGo(place, reason);
        return fail(await this.#failureOf(reason, needed));
      }
    });
  }

  #orUndefined<Value>(slot: string, task: (opened: Slot) => Value | undefined): Promise<Value | undefined> {
    return this.#inTurn(slot, async (place) => {
      try {
        return task(await this.#slotAt(slot, place));
      } catch (reason) {
        letGo(place, reason);
        if (reason instanceof NoSlot || reason instanceof DOMException) return undefined;
        throw reason;
      }
    });
  }

  async #slotAt(name: string, place: Place): Promise<Slot> {
    if (place.slot) return place.slot;
    const file = await this.#openFile(name, false);
    const slot = await Slot.reopen(file).catch((reason: unknown) => {
      file.close();
      throw reason;
    });
    if (!slot) {
      file.close();
      throw new NoSlot();
    }
    return this.#keepOpen(place, slot);
  }

  async #begin(name: string, place: Place, layout: Layout): Promise<Slot> {
    shut(place);
    const file = await this.#openFile(name, true);
    try {
      return this.#keepOpen(place, Slot.begin(file, layout));
    } catch (reason) {
      file.close();
      throw reason;
    }
  }

  async #openFile(name: string, create: boolean): Promise<SlotFile> {
    const file = await this.#disk.open(name, { create });
    if (!file) throw new NoSlot();
    return file;
  }

  #keepOpen(place: Place, slot: Slot): Slot {
    place.slot = slot;
    const open = [...this.#places.values()].filter((each) => each.slot);
    for (const idle of open.slice(0, -MAX_OPEN).filter(({ users }) => users === 0)) shut(idle);
    this.#forgetShut();
    return slot;
  }

  #forgetShut(): void {
    for (const [name, { slot, users }] of this.#places) if (!slot && users === 0) this.#places.delete(name);
  }

  async #isTooMuch(needed: number): Promise<ShelfFailure | undefined> {
    const room = await this.#disk.room();
    const free = room && Math.max(0, room.quota - room.used);
    return free !== undefined && needed > free ? { kind: 'disk-full', needed, free } : undefined;
  }

  /** What stopped it, as far as that can be expected; our own mistakes go on. */
  async #failureOf(reason: unknown, needed: number): Promise<ShelfFailure> {
    if (reason instanceof NoSlot) return { kind: 'no-shelf' };
    if (!(reason instanceof DOMException)) throw reason;
    if (reason.name === 'QuotaExceededError') {
      const room = await this.#disk.room();
      return { kind: 'disk-full', needed, free: room ? Math.max(0, room.quota - room.used) : 0 };
    }
    return { kind: 'no-shelf' };
  }
}

/** As a `Blob` says whose file was changed, moved or deleted, or lies on a drive that was pulled out (File API §6.6). */
function isUnreadable(reason: unknown): boolean {
  return reason instanceof SourceChanged || (reason instanceof DOMException && SOURCE_GONE.has(reason.name));
}
const SOURCE_GONE = new Set(['NotReadableError', 'NotFoundError']);

function shut(place: Place): void {
  const { slot } = place;
  place.slot = undefined;
  slot?.close();
}

/** A file that fails (its data was cleared, say) is opened anew the next time. One that is full is as good as before. */
function letGo(place: Place, reason: unknown): void {
  if (!(reason instanceof DOMException) || reason.name === 'QuotaExceededError') return;
  try {
    shut(place);
  } catch {
    // It fails: that is why it is let go.
  }
}

function describe(slot: Slot): { readonly hashes: number; readonly runs: ReturnType<Slot['runs']> } {
  return { hashes: slot.hashes, runs: slot.runs() };
}

function unlessNoSlot(reason: unknown): undefined {
  if (!(reason instanceof NoSlot)) throw reason;
}
