/** Files of one account, as verbs: kept with the messages they stand in, fetched from whoever has them, given to whoever asks. */
import { identifyFile } from '../crypto/file-id.ts';
import { randomBytes } from '../crypto/random.ts';
import { assert } from '../lib/assert.ts';
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import { Cell, type Observable } from '../lib/observable.ts';
import { succeed, type Result } from '../lib/result.ts';
import type { Write } from '../lib/write.ts';
import { FILE_KEY_BYTES } from '../protocol/file-manifest.ts';
import type { ConversationId, FileId, MessageId } from '../protocol/ids.ts';
import type { Attachment, AttachmentKeeper, AttachmentPlace, AttachmentView } from '../session/attachment.ts';
import { FileHouse, type FilesOptions } from './file-house.ts';
import type { FileItem, FileState, Transfer, Usage } from './file-state.ts';
import { harmless, readManifest, writeManifest } from './harmless.ts';
import { chunksOfBytes } from './holdings.ts';
import type { FileSettings, FileSource, FileWish, ShelfFailure } from './ports.ts';

const SLOT_BYTES = 16;
/** Files above 100 MiB wait to be asked for, until a person says otherwise. */
const DEFAULT_SETTINGS: FileSettings = { askAbove: 100_000_000 };

/** A file that lies sealed on the shelf and waits for its message. */
export interface TakenIn {
  readonly attachment: Attachment;
  /** For the message; `keep` knows the rest when that is saved. */
  readonly manifest: Bytes;
}

/** What a file that is sent is called and how it is shown. */
export interface Presentation {
  readonly name: string;
  readonly mime: string;
  readonly view: AttachmentView;
}

export class Files implements AttachmentKeeper {
  readonly #house: FileHouse;
  readonly #settings = new Cell<FileSettings>(DEFAULT_SETTINGS);
  /** Slots of what was taken in and stands in no message yet. */
  readonly #takenIn = new Map<FileId, string>();

  constructor(options: FilesOptions) {
    this.#house = new FileHouse(options);
  }

  /** Goes on with everything that is wanted. Called before the session starts, so that nothing arrives unheard. */
  async start(): Promise<void> {
    const settings = await this.#house.options.store.settings();
    if (settings) this.#settings.set(settings);
    await this.#house.start();
  }

  /** Nothing is fetched or given any more; what is here stays. */
  close(): void {
    this.#house.close();
  }

  // ————— with messages —————

  read(manifest: Bytes): Attachment | undefined {
    return readManifest(manifest)?.attachment;
  }

  keep(place: AttachmentPlace, manifest: Bytes): Promise<readonly Write[]> {
    const read = readManifest(manifest);
    assert(read !== undefined, 'what is kept was read before');
    const { seal, attachment } = read;
    const slot = this.#takenIn.get(seal.file);
    const wish = slot === undefined ? this.#wishFor(seal.size) : 'complete';
    return Promise.resolve([this.#house.catalog.keep(place, { seal, attachment, wish, slot: slot ?? newSlot() })]);
  }

  drop(conversation: ConversationId, messages: readonly MessageId[] | 'all'): Promise<readonly Write[]> {
    return Promise.resolve(this.#house.catalog.drop(conversation, messages));
  }

  #wishFor(size: number): FileWish {
    const { askAbove } = this.#settings.value;
    return askAbove !== undefined && size > askAbove ? 'offered' : 'wanted';
  }

  // ————— sending —————

  /**
   * Seals a file into the house under a key of its own. `progress`: bytes so far. It goes again, now or at the next start, unless
   * a message with its manifest is saved.
   */
  async takeIn(
    source: FileSource,
    presentation: Presentation,
    options: { readonly progress: (bytes: number) => void; readonly signal: AbortSignal },
  ): Promise<Result<TakenIn, ShelfFailure>> {
    const key = randomBytes(FILE_KEY_BYTES);
    const slot = newSlot();
    await this.#house.tidied;
    const shelved = await this.#house.options.shelf.takeIn(slot, source, key, options);
    if (!shelved.ok) return shelved;
    const { root, size } = shelved.value;
    const file = identifyFile(key, root, size);
    const attachment = harmless({ file, size, ...presentation });
    this.#takenIn.set(file, slot);
    return succeed({ attachment, manifest: writeManifest({ file, key, root, size }, attachment) });
  }

  /** No message came of it after all. */
  async discard(file: FileId): Promise<void> {
    const slot = this.#takenIn.get(file);
    this.#takenIn.delete(file);
    if (slot !== undefined && this.#house.catalog.card(file)?.slot !== slot) await this.#house.options.shelf.remove(slot);
  }

  /** For a message with the same file; undefined when no message has it here any more. */
  async manifestOf(file: FileId): Promise<Bytes | undefined> {
    const card = this.#house.catalog.card(file);
    const attachment = await this.#house.catalog.attachment(file);
    return card && attachment && writeManifest(card, attachment);
  }

  // ————— what becomes of each —————

  watch(file: FileId): Observable<FileState> {
    return this.#house.looks.watch(file);
  }

  get transfers(): Observable<readonly Transfer[]> {
    return this.#house.looks.transfers;
  }

  /** Fetches it, goes on fetching it, or gives it again. */
  async download(file: FileId): Promise<void> {
    const { catalog, fetching } = this.#house;
    const before = catalog.card(file);
    if (!before || before.wish === 'complete') return;
    if (before.wish !== 'wanted') await catalog.setWish(file, 'wanted');
    const card = catalog.card(file);
    if (card?.wish !== 'wanted') return;
    await this.#house.lookAgain(card);
    const wanted = catalog.card(file);
    if (wanted?.wish === 'wanted') fetching.want(wanted, true);
  }

  /** Nothing of it is fetched or given until `download`. */
  async pause(file: FileId): Promise<void> {
    const wish = this.#house.catalog.card(file)?.wish;
    if (wish === 'wanted' || wish === 'complete') await this.#house.catalog.setWish(file, 'paused');
  }

  /** What came of it so far is thrown away. A file that is all here stays. */
  async cancel(file: FileId): Promise<void> {
    const wish = this.#house.catalog.card(file)?.wish;
    if (wish !== undefined && wish !== 'complete') await this.#house.catalog.setWish(file, 'removed');
  }

  /** Deletes the bytes of these files from this browser; messages stay, and whoever has them can give them again. */
  async free(files: readonly FileId[]): Promise<void> {
    for (const file of files) if (this.#house.catalog.card(file)) await this.#house.catalog.setWish(file, 'removed');
  }

  // ————— what is in them —————

  /** These bytes come before others until it is undone: somebody looks at them, or is about to. */
  need(file: FileId, from: number, to: number): () => void {
    return this.#house.fetching.quests.get(file)?.need(chunksOfBytes(from, to)) ?? (() => undefined);
  }

  /** Resolves once the bytes `from` up to, and not including, `to` are here: true; or are not coming for now: false. */
  whenHere(file: FileId, from: number, to: number, signal: AbortSignal): Promise<boolean> {
    return this.#house.whenHere(file, chunksOfBytes(from, to), signal);
  }

  /** Plaintext of those bytes; undefined when they are not all here. */
  async bytes(file: FileId, from: number, to: number): Promise<Bytes | undefined> {
    const card = this.#house.catalog.card(file);
    return card && this.#house.options.shelf.readPlain(card.slot, card, card.key, from, to);
  }

  // ————— keeping house —————

  inConversation(conversation: ConversationId): Observable<readonly FileItem[]> {
    return this.#house.lists.inConversation(conversation);
  }

  get usage(): Observable<Usage | undefined> {
    return this.#house.lists.usage();
  }

  get settings(): Observable<FileSettings> {
    return this.#settings;
  }

  /** For files that come from now on. */
  async change(settings: FileSettings): Promise<void> {
    const { store } = this.#house.options;
    await store.commit([store.putSettings(settings)]);
    this.#settings.set(settings);
  }
}

function newSlot(): string {
  return toBase64url(randomBytes(SLOT_BYTES));
}
