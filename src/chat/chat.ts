/**
 * Conversations and their messages. Sending means storing: from then on the session delivers it, however long that takes.
 * Knows nothing of links, seals or rows.
 */
import type { ContactNotice } from '../contacts/ports.ts';
import { randomBytes } from '../crypto/random.ts';
import { utf8 } from '../lib/bytes.ts';
import { cleanText } from '../lib/clean-text.ts';
import type { Clock } from '../lib/clock.ts';
import type { Observable } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { Write } from '../lib/write.ts';
import { MAX_TEXT_BYTES, type ContentOf } from '../protocol/content.ts';
import {
  contactOf,
  conversationWith,
  MESSAGE_ID_BYTES,
  messageIdOf,
  type AccountId,
  type ConversationId,
  type MessageId,
} from '../protocol/ids.ts';
import type { Outgoing } from '../session/session.ts';
import type { ContentHandler } from '../session/router.ts';
import { withNotice, withRead, withReceived, withSent } from './conversation.ts';
import type { ChatStore, Conversation, Message, Utterance } from './ports.ts';

/**
 * How far ahead of all we have seen a message may claim to be (M3). Room for a million messages sent while we were away;
 * past it somebody is pushing the order of the talk to its end.
 */
const MAX_LAMPORT_LEAD = 2 ** 20;

export type TextFailure =
  { readonly kind: 'text-empty' } | { readonly kind: 'text-too-long'; readonly bytes: number; readonly limit: number };

export interface ChatOptions {
  readonly store: ChatStore;
  readonly clock: Clock;
  /** Stores and delivers; `Session.send`. */
  readonly send: (contact: AccountId, outgoing: readonly Outgoing[]) => Promise<void>;
}

export class Chat implements ContentHandler<'text'> {
  readonly #options: ChatOptions;
  /** The highest lamport time given out or seen, per conversation; what is stored may lag behind by what is being saved. */
  readonly #lamports = new Map<ConversationId, number>();

  constructor(options: ChatOptions) {
    this.#options = options;
  }

  conversations(): Observable<readonly Conversation[]> {
    return this.#options.store.watchConversations();
  }

  /** The newest `limit` messages, oldest first. */
  timeline(conversation: ConversationId, limit: number): Observable<readonly Message[]> {
    return this.#options.store.watchTimeline(conversation, limit);
  }

  /** Stores the message for delivery. Once this resolves it survives whatever happens; it rejects when the store refuses. */
  async send(conversation: ConversationId, text: string): Promise<Result<MessageId, TextFailure>> {
    const checked = checkText(text);
    if (!checked.ok) return checked;
    const { clock, store } = this.#options;
    const id = randomBytes(MESSAGE_ID_BYTES);
    const message: Utterance & { direction: 'out' } = {
      id: messageIdOf(id),
      conversation,
      direction: 'out',
      status: 'queued',
      lamport: await this.#nextLamport(conversation),
      wall: clock.now(),
      text: checked.value,
    };
    const { lamport, wall } = message;
    await this.#options.send(contactOf(conversation), [
      {
        reference: String(lamport),
        content: { type: 'text', id, lamport, wall, text: message.text },
        writes: [store.addMessages(conversation, [message], (before) => withSent(before, message, clock.now()))],
      },
    ]);
    return succeed(message.id);
  }

  async saveDraft(conversation: ConversationId, draft: string): Promise<void> {
    const { store } = this.#options;
    await store.commit([store.updateConversation(conversation, (before) => ({ ...before, draft }))]);
  }

  async markRead(conversation: ConversationId): Promise<void> {
    const { store } = this.#options;
    await store.commit([store.updateConversation(conversation, withRead)]);
  }

  /** The change that removes a talk with all its messages. */
  remove(conversation: ConversationId): Write {
    this.#lamports.delete(conversation);
    return this.#options.store.deleteConversation(conversation);
  }

  // ————— what the session hands over —————

  async received(from: AccountId, contents: readonly ContentOf<'text'>[]): Promise<readonly Write[]> {
    const { store, clock } = this.#options;
    const conversation = conversationWith(from);
    let highest = await this.#lamport(conversation);
    const messages = contents.map((content): Message => {
      const lamport = Math.min(content.lamport, highest + MAX_LAMPORT_LEAD);
      highest = Math.max(highest, lamport);
      return {
        id: messageIdOf(content.id),
        conversation,
        direction: 'in',
        author: from,
        lamport,
        wall: content.wall,
        text: cleanText(content.text),
      };
    });
    this.#witness(conversation, highest);
    return [store.addMessages(conversation, messages, (before, added) => withReceived(before, added, clock.now()))];
  }

  /** The change that tells the person something about a contact, in the talk with them. */
  async noticed(contact: AccountId, notice: ContactNotice): Promise<readonly Write[]> {
    const { store, clock } = this.#options;
    const conversation = conversationWith(contact);
    const message: Message = {
      id: messageIdOf(randomBytes(MESSAGE_ID_BYTES)),
      conversation,
      direction: 'notice',
      notice,
      lamport: await this.#nextLamport(conversation),
      wall: clock.now(),
      text: '',
    };
    return [store.addMessages(conversation, [message], (before) => withNotice(before, message, clock.now()))];
  }

  sent(to: AccountId, references: readonly string[]): readonly Write[] {
    return [this.#options.store.advance(conversationWith(to), newestOf(references), 'sent')];
  }

  delivered(to: AccountId, references: readonly string[]): readonly Write[] {
    return [this.#options.store.advance(conversationWith(to), newestOf(references), 'delivered')];
  }

  // ————— order —————

  async #nextLamport(conversation: ConversationId): Promise<number> {
    await this.#lamport(conversation);
    // Read again: another message may have been given its place while the store was asked.
    const next = (this.#lamports.get(conversation) ?? 0) + 1;
    this.#lamports.set(conversation, next);
    return next;
  }

  async #lamport(conversation: ConversationId): Promise<number> {
    if (!this.#lamports.has(conversation))
      this.#witness(conversation, (await this.#options.store.conversation(conversation))?.lamport ?? 0);
    return this.#lamports.get(conversation) ?? 0;
  }

  #witness(conversation: ConversationId, lamport: number): void {
    this.#lamports.set(conversation, Math.max(lamport, this.#lamports.get(conversation) ?? 0));
  }
}

/** What the session calls a message of mine is its lamport time: that is enough to say how far the talk has come. */
function newestOf(references: readonly string[]): number {
  return Math.max(...references.map(Number));
}

function checkText(text: string): Result<string, TextFailure> {
  const clean = cleanText(text).trim();
  const { length } = utf8(clean);
  if (length === 0) return fail({ kind: 'text-empty' });
  if (length > MAX_TEXT_BYTES) return fail({ kind: 'text-too-long', bytes: length, limit: MAX_TEXT_BYTES });
  return succeed(clean);
}
