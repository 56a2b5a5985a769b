/** What there is in a talk, and what all of it takes up: read from the store when somebody looks, and again when it changed. */
import type { Clock } from '../lib/clock.ts';
import { groupBy } from '../lib/group-by.ts';
import type { Observable } from '../lib/observable.ts';
import type { ConversationId } from '../protocol/ids.ts';
import type { Catalog, FileCard } from './catalog.ts';
import type { FileItem, Usage } from './file-state.ts';
import type { Measures } from './measures.ts';
import type { FileShelf } from './ports.ts';
import { Throttle } from './throttle.ts';

/** Lists are read as a whole. */
const READ_MS = 500;

type Conversations = Usage['conversations'];

export class Lists {
  readonly #clock: Clock;
  readonly #catalog: Catalog;
  readonly #measures: Measures;
  readonly #shelf: FileShelf;
  readonly #readers = new Set<Throttle>();

  constructor(options: { readonly clock: Clock; readonly catalog: Catalog; readonly measures: Measures; readonly shelf: FileShelf }) {
    this.#clock = options.clock;
    this.#catalog = options.catalog;
    this.#measures = options.measures;
    this.#shelf = options.shelf;
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }

  /** A file came, went, or is here or not. */
  changed(): void {
    for (const reader of this.#readers) reader.soon();
  }

  inConversation(conversation: ConversationId): Observable<readonly FileItem[]> {
    return this.#reading(async () => {
      const items: FileItem[] = [];
      for (const card of this.#catalog.cards.values()) {
        const places = card.places.filter((place) => place.conversation === conversation);
        const attachment = places.length > 0 ? await this.#catalog.attachment(card.file) : undefined;
        if (attachment) for (const place of places) items.push({ attachment, place, isHere: card.wish === 'complete' });
      }
      return items.sort((a, b) => b.place.wall - a.place.wall);
    });
  }

  usage(): Observable<Usage | undefined> {
    return this.#reading(async () => {
      const [total, cards] = [await this.#shelf.room(), [...this.#catalog.cards.values()]];
      const byTalk = groupBy(
        cards.filter((card) => this.#measures.here(card) > 0),
        ({ places: [first] }) => first?.conversation,
      );
      const conversations: Conversations[number][] = [];
      for (const [conversation, held] of byTalk) if (conversation) conversations.push(await this.#usageOf(conversation, held));
      return { total, conversations: conversations.sort((a, b) => b.bytes - a.bytes) };
    });
  }

  async #usageOf(conversation: ConversationId, held: readonly FileCard[]): Promise<Conversations[number]> {
    const files: Conversations[number]['files'][number][] = [];
    for (const card of held) {
      const [place] = card.places;
      const attachment = await this.#catalog.attachment(card.file);
      if (place && attachment) files.push({ attachment, place, isHere: card.wish === 'complete', bytes: this.#measures.here(card) });
    }
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return { conversation, bytes, files: files.sort((a, b) => b.bytes - a.bytes) };
  }

  /** What `read` gives, now and after each change. */
  #reading<Value>(read: () => Promise<Value>): Observable<Value> {
    return {
      subscribe: (next, error) => {
        let isOver = false;
        let isReading = false;
        const reader = new Throttle(this.#clock, READ_MS, () => {
          if (isReading) {
            reader.soon();
            return;
          }
          isReading = true;
          read()
            .then(
              (value) => (isOver ? undefined : next(value)),
              (reason: unknown) => error?.(reason),
            )
            .finally(() => {
              isReading = false;
            });
        });
        this.#readers.add(reader);
        reader.soon();
        return {
          unsubscribe: () => {
            isOver = true;
            reader.close();
            this.#readers.delete(reader);
          },
        };
      },
    };
  }
}
