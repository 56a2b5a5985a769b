/** Everything that works on files, put together, and what follows for the others when a file becomes something else. */
import type { Clock } from '../lib/clock.ts';
import { Emitter } from '../lib/emitter.ts';
import { encode } from '../protocol/codec.ts';
import { fileWord, type ChunkRun, type FileWordBody } from '../protocol/file-word.ts';
import { bytesOf, type AccountId, type FileId } from '../protocol/ids.ts';
import type { FileChannel } from '../session/file-channel.ts';
import { Catalog, type CardChange, type FileCard } from './catalog.ts';
import { Desk } from './desk.ts';
import { Fetching } from './fetching.ts';
import { Giving } from './giving.ts';
import { Holdings } from './holdings.ts';
import { LinkWishes } from './link-wishes.ts';
import type { FileLinks } from './links.ts';
import { Lists } from './lists.ts';
import { Looks } from './looks.ts';
import { Measures } from './measures.ts';
import type { Audience, FileShelf, FileStore } from './ports.ts';
import { Telling } from './telling.ts';

export interface FilesOptions {
  readonly me: AccountId;
  readonly store: FileStore;
  readonly shelf: FileShelf;
  readonly audience: Audience;
  readonly channel: FileChannel;
  readonly links: FileLinks;
  readonly clock: Clock;
  /** What should not have failed did; nothing is lost. */
  readonly troubled: (reason: unknown) => void;
}

/** What was lost from a full file is looked for at most so often. */
const HEAL_MS = 10_000;

export class FileHouse {
  readonly options: FilesOptions;
  readonly catalog: Catalog;
  readonly measures: Measures;
  readonly fetching: Fetching;
  readonly looks: Looks;
  readonly lists: Lists;
  readonly #events = new Emitter<{ changed: FileId }>();
  readonly #holdings: Holdings;
  readonly #telling: Telling;
  readonly #giving: Giving;
  readonly #desk: Desk;
  readonly #wishes: LinkWishes;
  readonly #healing = new Set<FileId>();
  readonly #cancels = new Set<() => void>();
  #tidied: Promise<void> = Promise.resolve();
  #ends: readonly (() => void)[] = [];

  constructor(options: FilesOptions) {
    const { me, store, shelf, audience, channel, links, clock, troubled } = options;
    this.options = options;
    const tell = (account: AccountId, file: FileId, word: FileWordBody) =>
      channel.tell(account, encode(fileWord, { file: bytesOf(file), word }));
    const close = (account: AccountId) => channel.close(account);
    const changed = (file: FileId) => this.#changed(file);
    const card = (file: FileId) => this.catalog.card(file);
    this.catalog = new Catalog(store, clock, troubled);
    this.#holdings = new Holdings(shelf);
    this.measures = new Measures(this.#holdings);
    this.#telling = new Telling({ clock, holdings: this.#holdings, card, tell });
    this.#giving = new Giving({
      clock,
      shelf,
      holdings: this.#holdings,
      channel,
      card,
      tell,
      changed,
      troubled,
      damaged: (damaged) => this.run(this.#heal(damaged)),
      idle: (file) => this.#idle(file),
    });
    this.fetching = new Fetching({
      me,
      clock,
      shelf,
      holdings: this.#holdings,
      audience,
      tell,
      close,
      changed,
      troubled,
      sought: (file, account) => this.#telling.listen(file, account),
      hopesChanged: () => this.#wishes.soon(),
      completed: ({ file }) => this.run(this.catalog.setWish(file, 'complete')),
    });
    this.#wishes = new LinkWishes(links, clock, () => this.fetching.hopes());
    const { catalog, measures, fetching } = this;
    const [holdings, giving, telling] = [this.#holdings, this.#giving, this.#telling];
    this.#desk = new Desk({ catalog, holdings, measures, fetching, giving, telling, tell, close, troubled });
    this.looks = new Looks({ clock, catalog, measures, fetching, giving, troubled, lookAt: (seen) => this.run(this.lookAt(seen)) });
    this.lists = new Lists({ clock, catalog, measures, shelf });
  }

  /** Reads what there is, throws away what belongs to nothing, and goes on with what is wanted. Before the session starts. */
  async start(): Promise<void> {
    const { links, audience } = this.options;
    await this.catalog.load();
    const audiences = audience.changes.subscribe(() => {
      this.fetching.audienceChanged();
      this.#wishes.soon();
    });
    this.#ends = [
      () => audiences.unsubscribe(),
      this.catalog.onChanged((change) => this.#became(change)),
      links.on('link-secured', ({ account }) => this.#desk.linked(account)),
      links.on('link-lost', (account) => this.#desk.lost(account)),
      links.on('bulk-drained', (account) => this.#giving.drained(account)),
      links.on('file-word', ({ from, body }) => this.#desk.word(from, body)),
      links.on('file-chunk', ({ from, body }) => this.#desk.chunk(from, body)),
    ];
    for (const card of this.catalog.cards.values()) if (card.wish === 'wanted') this.fetching.want(card, false);
    this.#wishes.soon();
    // Whoever has just logged in waits for none of it.
    this.#tidied = this.#tidy().catch(this.options.troubled);
  }

  /** What was left behind before is gone; a slot that is taken before would be taken for it. */
  get tidied(): Promise<void> {
    return this.#tidied;
  }

  close(): void {
    for (const end of this.#ends) end();
    for (const cancel of this.#cancels) cancel();
    this.fetching.close();
    this.#wishes.close();
    this.#telling.close();
    this.looks.close();
    this.lists.close();
    this.catalog.close();
  }

  /** Slots of no file, and of files that were deleted just before the end, go; of the others, it is seen how much is here. */
  async #tidy(): Promise<void> {
    for (const slot of await this.options.shelf.slots()) {
      // Looked for only now: it may have come while the shelf was asked.
      const card = [...this.catalog.cards.values()].find((each) => each.slot === slot);
      if (!card || card.wish === 'removed' || card.wish === 'offered') await this.options.shelf.remove(slot);
      else if (card.wish !== 'complete') await this.lookAt(card);
    }
  }

  /** What goes on by itself, and whose failure is nobody's to handle. */
  run(work: Promise<unknown>): void {
    work.catch(this.options.troubled);
  }

  #onChanged(listener: (file: FileId) => void): () => void {
    return this.#events.on('changed', listener);
  }

  /** Sees how much of a file is here that nobody works on. */
  async lookAt(card: FileCard): Promise<void> {
    if (card.wish !== 'wanted' && card.wish !== 'paused') return;
    if (!this.measures.isKnown(card)) await this.lookAgain(card);
  }

  /** As `lookAt`, whether it is known or not; it is noted down when all is here. */
  async lookAgain(card: FileCard): Promise<void> {
    const opened = await this.#holdings.open(card);
    if (opened.ok && opened.value.have.isFull && card.wish === 'wanted') await this.catalog.setWish(card.file, 'complete');
    await this.#rest(card);
    this.#changed(card.file);
  }

  /** Resolves once these chunks are here: true; or are not to come by themselves: false. */
  async whenHere(file: FileId, run: ChunkRun, signal: AbortSignal): Promise<boolean> {
    const card = this.catalog.card(file);
    if (card) await this.lookAt(card);
    return new Promise((resolve) => {
      const ends: (() => void)[] = [];
      const look = (): void => {
        const here = this.#isHere(file, run);
        if (here === undefined && !signal.aborted) return;
        for (const end of ends) end();
        resolve(here === true);
      };
      ends.push(this.fetching.quests.get(file)?.need(run) ?? (() => undefined));
      ends.push(this.#onChanged((changed) => (changed === file ? look() : undefined)));
      signal.addEventListener('abort', look, { once: true });
      ends.push(() => signal.removeEventListener('abort', look));
      look();
    });
  }

  /** Undefined: not yet. */
  #isHere(file: FileId, { from, to }: ChunkRun): boolean | undefined {
    const card = this.catalog.card(file);
    if (!card || (card.wish !== 'wanted' && card.wish !== 'complete')) return false;
    if (card.wish === 'complete') return true;
    const have = this.#holdings.known(file)?.have;
    if (!have) return undefined;
    for (let index = from; index < Math.min(to, have.chunks); index++) if (!have.has(index)) return undefined;
    return true;
  }

  // ————— what follows —————

  #changed(file: FileId): void {
    this.#telling.grown(file);
    this.looks.touch(file);
    this.#events.emit('changed', file);
  }

  #became({ before, after }: CardChange): void {
    const card = after ?? before;
    if (!card) return;
    if (after?.wish !== 'wanted') this.fetching.unwant(card.file);
    if (after?.wish !== before?.wish) this.#changedWish(card, after);
    if (after?.wish === 'wanted') this.fetching.want(after, false);
    this.#wishes.soon();
    this.looks.touch(card.file);
    this.lists.changed();
    this.#events.emit('changed', card.file);
  }

  #changedWish(card: FileCard, after: FileCard | undefined): void {
    const isGiven = after?.wish === 'wanted' || after?.wish === 'complete';
    if (!isGiven) this.#giving.withdraw(card.file);
    this.#telling.all(card.file);
    if (!after || after.wish === 'removed') {
      this.measures.forget(card.file);
      this.run(this.options.shelf.remove(card.slot).then(() => this.fetching.retry()));
    } else {
      this.#idle(card.file);
    }
  }

  #idle(file: FileId): void {
    const card = this.catalog.card(file);
    if (card) this.run(this.#rest(card));
  }

  async #rest(card: FileCard): Promise<void> {
    const isBusy = this.#giving.gives(card.file) || this.fetching.quests.get(card.file)?.isOpen === true;
    if (!isBusy && this.#holdings.known(card.file)) await this.measures.close(card);
  }

  /** What should be here is not: a browser that ran short of room may have thrown it away. It is fetched from whoever has it. */
  async #heal(card: FileCard): Promise<void> {
    if (this.#healing.has(card.file) || this.catalog.card(card.file)?.wish !== 'complete') return;
    this.#healing.add(card.file);
    const cancel = this.options.clock.after(HEAL_MS, () => {
      this.#healing.delete(card.file);
      this.#cancels.delete(cancel);
    });
    this.#cancels.add(cancel);
    this.#holdings.forget(card.file);
    const opened = await this.#holdings.open({ ...card, wish: 'wanted' });
    if (!opened.ok || !opened.value.have.isFull) await this.catalog.setWish(card.file, 'wanted');
  }
}
