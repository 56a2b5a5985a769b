/** All files there are, in memory without what only screens need, and the changes that are saved with the messages they belong to. */
import type { Clock } from '../lib/clock.ts';
import { Emitter } from '../lib/emitter.ts';
import { Serial } from '../lib/serial.ts';
import type { Write } from '../lib/write.ts';
import type { ConversationId, FileId, MessageId } from '../protocol/ids.ts';
import type { Attachment, AttachmentPlace } from '../session/attachment.ts';
import type { FileSeal } from './harmless.ts';
import type { FileRecord, FileStore, FileWish } from './ports.ts';

/** A file somebody sends again and again stands in so many messages; it is shown in more, but goes with these. */
const MAX_PLACES = 1_000;

/** A file as this room works with it. Ten thousand of them fit into a few megabytes. */
export interface FileCard extends FileSeal {
  readonly wish: FileWish;
  readonly slot: string;
  readonly places: readonly AttachmentPlace[];
}

/** Before and after: undefined where there is none. */
export interface CardChange {
  readonly before: FileCard | undefined;
  readonly after: FileCard | undefined;
}

/** What a file that was not known begins as. */
export interface Beginning {
  readonly seal: FileSeal;
  readonly attachment: Attachment;
  readonly wish: FileWish;
  readonly slot: string;
}

export class Catalog {
  readonly #store: FileStore;
  readonly #clock: Clock;
  readonly #troubled: (reason: unknown) => void;
  readonly #cards = new Map<FileId, FileCard>();
  readonly #events = new Emitter<{ changed: CardChange }>();
  readonly #reading = new Serial();
  readonly #touched = new Set<FileId>();
  #cancelReading: (() => void) | undefined;

  constructor(store: FileStore, clock: Clock, troubled: (reason: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#troubled = troubled;
  }

  async load(): Promise<void> {
    for (const record of await this.#store.all()) this.#cards.set(record.file, cardOf(record));
  }

  close(): void {
    this.#cancelReading?.();
  }

  onChanged(listener: (change: CardChange) => void): () => void {
    return this.#events.on('changed', listener);
  }

  get cards(): ReadonlyMap<FileId, FileCard> {
    return this.#cards;
  }

  card(file: FileId): FileCard | undefined {
    return this.#cards.get(file);
  }

  async attachment(file: FileId): Promise<Attachment | undefined> {
    return (await this.#store.record(file))?.attachment;
  }

  /** A message has this file. */
  keep(place: AttachmentPlace, beginning: Beginning): Write {
    const { seal, attachment, wish, slot } = beginning;
    return this.#update(seal.file, (before) => {
      if (!before) return { file: seal.file, key: seal.key, root: seal.root, attachment, wish, slot, places: [place] };
      const isKnown = before.places.length >= MAX_PLACES || before.places.some((known) => isSamePlace(known, place));
      return isKnown ? before : { ...before, places: [...before.places, place].sort((a, b) => a.wall - b.wall) };
    });
  }

  /** These messages are gone. */
  drop(conversation: ConversationId, messages: readonly MessageId[] | 'all'): readonly Write[] {
    const dropped = messages === 'all' ? undefined : new Set(messages);
    const isDropped = (place: AttachmentPlace) => place.conversation === conversation && (dropped?.has(place.message) ?? true);
    const concerned = [...this.#cards.values()].filter(({ places }) => places.some(isDropped));
    return concerned.map(({ file }) =>
      this.#update(file, (before) => {
        const places = before?.places.filter((place) => !isDropped(place)) ?? [];
        return before && places.length > 0 ? { ...before, places } : undefined;
      }),
    );
  }

  async setWish(file: FileId, wish: FileWish): Promise<void> {
    await this.#store.commit([this.#store.update(file, (before) => before && { ...before, wish })]);
    await this.#read(file);
  }

  /** Whoever commits it is not us: it is looked at after the transaction it is part of, whatever came of that. */
  #update(file: FileId, change: (before: FileRecord | undefined) => FileRecord | undefined): Write {
    return this.#store.update(file, (before) => {
      this.#touched.add(file);
      this.#cancelReading ??= this.#clock.after(0, () => {
        this.#cancelReading = undefined;
        this.#readTouched().catch(this.#troubled);
      });
      return change(before);
    });
  }

  async #readTouched(): Promise<void> {
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const file of touched) await this.#read(file);
  }

  #read(file: FileId): Promise<void> {
    return this.#reading.run(async () => {
      const record = await this.#store.record(file);
      const [before, after] = [this.#cards.get(file), record && cardOf(record)];
      if (after) this.#cards.set(file, after);
      else this.#cards.delete(file);
      if (before ?? after) this.#events.emit('changed', { before, after });
    });
  }
}

function cardOf({ file, key, root, attachment, wish, slot, places }: FileRecord): FileCard {
  return { file, key, root, size: attachment.size, wish, slot, places };
}

function isSamePlace(a: AttachmentPlace, b: AttachmentPlace): boolean {
  return a.message === b.message && a.conversation === b.conversation;
}
