import { tick } from 'svelte';
import type { Conversation, Message } from '../../chat/ports.ts';
import type { ConversationId, MessageId } from '../../protocol/ids.ts';
import { Live } from '../live.svelte.ts';
import type { Home } from '../parley.ts';
import type { Following } from './following.ts';
import { rowsOf, type Row } from './rows.ts';

/** Messages shown first, and added at a time while scrolling up. */
const PAGE = 100;
/** Read messages shown above the first unread one. */
const CONTEXT = 20;

/**
 * The stretch of a talk that is on screen: from `#oldest` to the newest.
 *
 * The store gives the newest N messages, so that each arrival would push one out at the top. The view asks for one page
 * more than it shows: arrivals lengthen the stretch, and scrolling up finds the next page already here.
 */
export class TimelineView {
  readonly id: ConversationId;
  readonly #chat: Home['chat'];
  readonly #firstPage: number;
  #limit: number;
  #live: Live<readonly Message[]>;
  #oldest = $state.raw<Message>();
  #newAfter = $state.raw<number>();
  #newestAtOpening: Message | undefined;
  #wasUnread: boolean;

  following = $state.raw<Following>('away');
  /** The message that was asked for, once its place is on the stretch; shown for a moment. */
  sought = $state.raw<Message>();
  #wanted: MessageId | undefined;
  /** True for the one moment in which rows are added at the top, for the virtual list. */
  isGrowingUp = $state(false);

  constructor(chat: Home['chat'], id: ConversationId, conversation: Conversation | undefined) {
    const unread = conversation?.unread ?? 0;
    this.id = id;
    this.#chat = chat;
    this.#wasUnread = unread > 0;
    this.following = unread === 0 ? 'following' : 'away';
    this.#newAfter = unread > 0 ? conversation?.readUpTo : undefined;
    this.#firstPage = Math.max(PAGE, unread + CONTEXT);
    this.#limit = $state(this.#firstPage + PAGE);
    this.#live = $state.raw(new Live(chat.timeline(id, this.#limit)));
  }

  /** All that is loaded, oldest first; undefined until the store has answered. */
  readonly #messages = $derived.by(() => this.#live.current);
  readonly #from = $derived.by(() => {
    const oldest = this.#oldest;
    return oldest ? Math.max(this.#messages?.findIndex((message) => !isBefore(message, oldest)) ?? 0, 0) : 0;
  });

  get isAtBottom(): boolean {
    return this.following === 'following';
  }

  readonly isLoaded = $derived.by(() => this.#messages !== undefined && (this.#messages.length === 0 || this.#oldest !== undefined));
  readonly rows = $derived.by((): readonly Row[] => (this.#oldest ? rowsOf(this.#messages?.slice(this.#from) ?? [], this.#newAfter) : []));
  readonly isWhole = $derived.by(() => this.#from === 0 && (this.#messages?.length ?? 0) < this.#limit);

  /** What a screen reader hears: a message that came while its place is on screen. */
  readonly heard = $derived.by(() => {
    const newest = this.#messages?.at(-1);
    return this.isAtBottom && newest && newest.direction !== 'out' && newest.id !== this.#newestAtOpening?.id && this.#oldest
      ? newest
      : undefined;
  });

  /** To be called when what is loaded changes: fixes the start of the stretch, and loads ahead of it. */
  keepUp(): void {
    const messages = this.#messages;
    if (!messages) return;
    this.#lookFor(messages);
    if (!this.#oldest) {
      this.#newestAtOpening = messages.at(-1);
      this.#oldest = messages[Math.max(messages.length - this.#firstPage, 0)];
    } else if (messages.length >= this.#limit && this.#from < PAGE / 2) {
      this.#load();
    }
  }

  /** Brings a message of this talk on screen, however long ago it was said. */
  seek(message: MessageId): void {
    this.#wanted = message;
    this.sought = undefined;
    this.following = 'away';
    this.keepUp();
  }

  /** Adds a page at the top, if there is more. */
  growUp(): void {
    const before = this.#messages?.[Math.max(this.#from - PAGE, 0)];
    if (!before || this.#from === 0) return;
    this.isGrowingUp = true;
    this.#oldest = before;
    void tick().then(() => (this.isGrowingUp = false));
  }

  /** Draws the line where unread messages begin, unless they are read as they come. */
  unreadChanged(conversation: Conversation | undefined, isAttentive: boolean): void {
    const isUnread = (conversation?.unread ?? 0) > 0;
    if (isUnread && !this.#wasUnread && !isAttentive) this.#newAfter = conversation?.readUpTo;
    this.#wasUnread = isUnread;
  }

  /** Whoever answers has seen what was new. */
  answered(): void {
    this.#newAfter = undefined;
  }

  #lookFor(messages: readonly Message[]): void {
    if (this.#wanted === undefined) return;
    const at = messages.findIndex(({ id }) => id === this.#wanted);
    if (at < 0 && messages.length >= this.#limit) {
      this.#load(messages.length);
      return;
    }
    const found = messages[at];
    this.#wanted = undefined;
    if (!found) return;
    if (at < this.#from) this.#oldest = messages[Math.max(at - CONTEXT, 0)];
    // A new object each time: asking twice for one message scrolls twice.
    this.sought = { ...found };
  }

  #load(more = PAGE): void {
    this.#limit += more;
    this.#live = new Live(this.#chat.timeline(this.id, this.#limit), this.#live.current);
  }
}

function isBefore(a: Message, b: Message): boolean {
  return a.lamport < b.lamport || (a.lamport === b.lamport && a.id < b.id);
}
