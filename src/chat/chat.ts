/**
 * Conversations and their messages. Sending means storing: from then on the session delivers it, however long that takes.
 * Knows nothing of links, seals or rows.
 */
import type { ContactNotice, ContactStore } from '../contacts/ports.ts';
import { randomBytes } from '../crypto/random.ts';
import { utf8, type Bytes } from '../lib/bytes.ts';
import { cleanText } from '../lib/clean-text.ts';
import type { Clock } from '../lib/clock.ts';
import type { Observable } from '../lib/observable.ts';
import { fail, succeed, type Result } from '../lib/result.ts';
import type { Write } from '../lib/write.ts';
import type { CallMedia, CallOutcome } from '../protocol/call-word.ts';
import { MAX_TEXT_BYTES, type ContentOf } from '../protocol/content.ts';
import {
  callIdOf,
  contactOf,
  conversationWith,
  MESSAGE_ID_BYTES,
  messageIdOf,
  type AccountId,
  type ConversationId,
  type MessageId,
} from '../protocol/ids.ts';
import type { Attachment, AttachmentKeeper, AttachmentPlace } from '../session/attachment.ts';
import type { CallEntry, CallKeeper } from '../session/call-entry.ts';
import type { GroupTimeline, TimelineEntry } from '../session/group-talk.ts';
import type { ContentHandler } from '../session/router.ts';
import type { Outgoing } from '../session/session.ts';
import { withEntered, withNotice, withRead, withReceived, withRemoved, withReplaced, withSent, withTold } from './conversation.ts';
import type { ChatStore, Conversation, Message, Utterance } from './ports.ts';

/**
 * How far ahead of all we have seen a message may claim to be (M3). Room for a million messages sent while we were away;
 * past it somebody is pushing the order of the talk to its end.
 */
const MAX_LAMPORT_LEAD = 2 ** 20;

export type TextTooLong = { readonly kind: 'text-too-long'; readonly bytes: number; readonly limit: number };
export type TextFailure = TextTooLong | { readonly kind: 'text-empty' };

/** What people say to each other. Both are one stream: what was said first stands first, with a file or without. */
type Spoken = 'text' | 'file';

export interface ChatOptions {
  readonly me: AccountId;
  readonly store: ChatStore;
  readonly files: AttachmentKeeper;
  readonly contacts: Pick<ContactStore, 'contact'>;
  readonly clock: Clock;
  /** Stores and delivers; `Session.send`. */
  readonly send: (contact: AccountId, outgoing: readonly Outgoing[]) => Promise<void>;
}

/** A call between two that is over, as its caller tells it. */
export interface ToldCall {
  /** 16 bytes. */
  readonly call: Bytes;
  readonly media: CallMedia;
  readonly outcome: CallOutcome;
  /** When it began, milliseconds since 1970. */
  readonly began: number;
  /** Of talking, in milliseconds. */
  readonly duration: number;
}

export class Chat implements ContentHandler<Spoken>, GroupTimeline {
  readonly #options: ChatOptions;
  /** The highest lamport time given out or seen, per conversation; what is stored may lag behind by what is being saved. */
  readonly #lamports = new Map<ConversationId, number>();
  /** Contacts we have heard from, so that the store is asked once. */
  readonly #heard = new Set<AccountId>();
  #callKeeper: CallKeeper | undefined;

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

  message(conversation: ConversationId, id: MessageId): Promise<Message | undefined> {
    return this.#options.store.message(conversation, id);
  }

  /** Stores the message for delivery. Once this resolves it survives whatever happens; it rejects when the store refuses. */
  async send(conversation: ConversationId, text: string): Promise<Result<MessageId, TextFailure>> {
    const checked = checkText(text);
    if (!checked.ok) return checked;
    return checked.value === '' ? fail({ kind: 'text-empty' }) : succeed(await this.#say(conversation, checked.value));
  }

  /**
   * The same with a file, and a word to it that may be empty. `manifest`: as the files' room made it; what that has to remember is
   * stored with the message.
   */
  async sendFile(conversation: ConversationId, text: string, manifest: Bytes): Promise<Result<MessageId, TextTooLong>> {
    const checked = checkText(text);
    return checked.ok ? succeed(await this.#say(conversation, checked.value, manifest)) : checked;
  }

  async #say(conversation: ConversationId, text: string, manifest?: Bytes): Promise<MessageId> {
    const { me, clock, store } = this.#options;
    const id = randomBytes(MESSAGE_ID_BYTES);
    const place = { conversation, message: messageIdOf(id), author: me, wall: clock.now() };
    // Before the message gets its place in the talk: from then on nothing may come between it and the outbox, or it would be overtaken.
    const writes: Write[] = [];
    const file = manifest && (await this.#keepFile(place, manifest, writes));
    const lamport = await this.#nextLamport(conversation);
    const { message: name, wall } = place;
    const message: Utterance = {
      id: name,
      conversation,
      direction: 'out',
      status: 'queued',
      lamport,
      wall,
      text,
      ...(file && { file }),
    };
    const said = { id, lamport, wall, text };
    await this.#options.send(contactOf(conversation), [
      {
        reference: String(lamport),
        content: manifest ? { type: 'file', ...said, manifest } : { type: 'text', ...said },
        writes: [...writes, store.addMessages(conversation, [message], (before) => withSent(before, message, clock.now()))],
      },
    ]);
    return name;
  }

  /** Who keeps the history of calls; told of all that are in the timeline. */
  keepCalls(keeper: CallKeeper): void {
    this.#callKeeper = keeper;
  }

  /** Tells of a call that is over, here and at the other end, and stores `writes` with it. Rejects when the store refuses. */
  async enterCall(contact: AccountId, told: ToldCall, writes: readonly Write[]): Promise<void> {
    const { clock, store, me } = this.#options;
    const conversation = conversationWith(contact);
    const id = randomBytes(MESSAGE_ID_BYTES);
    const lamport = await this.#nextLamport(conversation);
    const { call, media, outcome, began: wall, duration } = told;
    const message: Utterance & { direction: 'out' } = {
      id: messageIdOf(id),
      conversation,
      direction: 'out',
      status: 'queued',
      lamport,
      wall,
      text: '',
      call: entryOf(told),
    };
    const shown = store.addMessages(conversation, [message], (before) => withEntered(before, message, clock.now()));
    await this.#options.send(contact, [
      {
        reference: String(lamport),
        content: { type: 'call', id, lamport, wall, call, media, outcome, duration },
        writes: [shown, ...this.#keep(message, me), ...writes],
      },
    ]);
  }

  async saveDraft(conversation: ConversationId, draft: string): Promise<void> {
    const { store } = this.#options;
    await store.commit([store.updateConversation(conversation, (before) => ({ ...before, draft }))]);
  }

  async markRead(conversation: ConversationId): Promise<void> {
    const { store } = this.#options;
    await store.commit([store.updateConversation(conversation, withRead)]);
  }

  /** The changes that remove a talk with all its messages, and their files. */
  async forget(conversation: ConversationId): Promise<readonly Write[]> {
    const { store, files } = this.#options;
    this.#lamports.delete(conversation);
    this.#heard.delete(contactOf(conversation));
    return [store.deleteConversation(conversation), ...(await files.drop(conversation, 'all'))];
  }

  // ————— what the session hands over —————

  /** What anybody but contacts says is dropped (M6): who shares a group with me has not thereby a talk with me. */
  async received(from: AccountId, contents: readonly ContentOf<Spoken>[]): Promise<readonly Write[]> {
    const { store, clock } = this.#options;
    const conversation = conversationWith(from);
    if (!(await this.#isContact(from))) return [];
    let highest = await this.lamport(conversation);
    const writes: Write[] = [];
    const messages: Message[] = [];
    for (const content of contents) {
      const lamport = Math.min(content.lamport, highest + MAX_LAMPORT_LEAD);
      highest = Math.max(highest, lamport);
      const { wall } = content;
      const place = { conversation, message: messageIdOf(content.id), author: from, wall };
      const file = content.type === 'file' ? await this.#keepFile(place, content.manifest, writes) : undefined;
      const said = { id: place.message, conversation, lamport, wall, text: cleanText(content.text) };
      messages.push({ ...said, direction: 'in', author: from, ...(file && { file }) });
    }
    this.#witness(conversation, highest);
    return [...writes, store.addMessages(conversation, messages, (before, added) => withReceived(before, added, clock.now()))];
  }

  /**
   * How the file is shown; what has to be remembered of it is added to `writes`. Undefined when it cannot be read (X3): what was
   * said stands all the same, so that nothing is missing from the talk.
   */
  async #keepFile(place: AttachmentPlace, manifest: Bytes, writes: Write[]): Promise<Attachment | undefined> {
    const { files } = this.#options;
    const file = files.read(manifest);
    if (file) writes.push(...(await files.keep(place, manifest)));
    return file;
  }

  /** What the session hands over of calls. */
  readonly calls: ContentHandler<'call'> = {
    received: (from, contents) => this.#receivedCalls(from, contents),
    sent: (to, references) => this.sent(to, references),
    delivered: (to, references) => this.delivered(to, references),
  };

  async #receivedCalls(from: AccountId, contents: readonly ContentOf<'call'>[]): Promise<readonly Write[]> {
    const { store, clock } = this.#options;
    const conversation = conversationWith(from);
    if (!(await this.#isContact(from))) return [];
    const highest = await this.lamport(conversation);
    const messages = contents.map((content): Message => {
      const lamport = Math.min(content.lamport, highest + MAX_LAMPORT_LEAD);
      const { id, wall } = content;
      return { id: messageIdOf(id), conversation, direction: 'in', author: from, lamport, wall, text: '', call: entryOf(content) };
    });
    this.#witness(conversation, Math.max(highest, ...messages.map(({ lamport }) => lamport)));
    return [
      store.addMessages(conversation, messages, (before, added) => withReceived(before, added, clock.now())),
      ...messages.flatMap((message) => this.#keep(message, from)),
    ];
  }

  #keep(message: Message, author: AccountId): readonly Write[] {
    const { id, conversation, wall, call } = message;
    return call && this.#callKeeper ? this.#callKeeper.keep({ conversation, message: id, author, wall }, call) : [];
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

  // ————— what groups tell —————

  async add(conversation: ConversationId, entries: readonly TimelineEntry[]): Promise<readonly Write[]> {
    if (entries.length === 0) return [];
    const { store, clock, me } = this.#options;
    await this.lamport(conversation);
    for (const { lamport } of entries) this.#witness(conversation, lamport);
    const messages = entries.map((entry) => messageOf(conversation, entry));
    const past = new Set(entries.filter((entry) => entry.past).map(({ id }) => id));
    return [
      store.addMessages(conversation, messages, (before, added) => withTold(before, added, { me, now: clock.now(), past })),
      ...messages.flatMap((message) => this.#keep(message, authorOf(message, me))),
    ];
  }

  replace(conversation: ConversationId, entry: TimelineEntry): readonly Write[] {
    const { store, me } = this.#options;
    const message = messageOf(conversation, entry);
    return [
      store.removeMessages(conversation, [message.id], (before) => before),
      store.addMessages(conversation, [message], (before) => withReplaced(before, message)),
      ...this.#keep(message, authorOf(message, me)),
    ];
  }

  remove(conversation: ConversationId, ids: readonly MessageId[]): Write {
    const { store, me } = this.#options;
    return store.removeMessages(conversation, ids, (before, removed, left) => withRemoved(before, removed, left, me));
  }

  advance(conversation: ConversationId, upTo: number, status: 'sent' | 'delivered'): Write {
    return this.#options.store.advance(conversation, upTo, status);
  }

  // ————— order —————

  /** The highest lamport time given out or seen in the talk. */
  async lamport(conversation: ConversationId): Promise<number> {
    if (!this.#lamports.has(conversation))
      this.#witness(conversation, (await this.#options.store.conversation(conversation))?.lamport ?? 0);
    return this.#lamports.get(conversation) ?? 0;
  }

  async #nextLamport(conversation: ConversationId): Promise<number> {
    await this.lamport(conversation);
    // Read again: another message may have been given its place while the store was asked.
    const next = (this.#lamports.get(conversation) ?? 0) + 1;
    this.#lamports.set(conversation, next);
    return next;
  }

  #witness(conversation: ConversationId, lamport: number): void {
    this.#lamports.set(conversation, Math.max(lamport, this.#lamports.get(conversation) ?? 0));
  }

  async #isContact(account: AccountId): Promise<boolean> {
    if (!this.#heard.has(account) && (await this.#options.contacts.contact(account))?.phase === 'active') this.#heard.add(account);
    return this.#heard.has(account);
  }
}

/** What the session calls a message of mine is its lamport time: that is enough to say how far the talk has come. */
function newestOf(references: readonly string[]): number {
  return Math.max(...references.map(Number));
}

function authorOf(message: Message, me: AccountId): AccountId {
  return message.direction === 'in' ? message.author : me;
}

function entryOf({ call, media, outcome, duration }: Pick<ToldCall, 'call' | 'media' | 'outcome' | 'duration'>): CallEntry {
  return { kind: 'two', call: callIdOf(call), media, outcome, duration };
}

function messageOf(conversation: ConversationId, entry: TimelineEntry): Message {
  const { id, lamport, wall } = entry;
  const base = { id, conversation, lamport, wall };
  if (entry.direction === 'event') return { ...base, direction: 'event', event: entry.event, text: '' };
  const { all, accounts } = entry.mentions;
  const said = {
    ...base,
    text: cleanText(entry.text),
    ...(all || accounts.length > 0 ? { mentions: entry.mentions } : {}),
    ...(entry.file && { file: entry.file }),
    ...(entry.call ? { call: entry.call } : {}),
  };
  return entry.direction === 'out' ? { ...said, direction: 'out', status: 'queued' } : { ...said, direction: 'in', author: entry.author };
}

/** The text as it is kept and sent; it may be empty. */
function checkText(text: string): Result<string, TextTooLong> {
  const clean = cleanText(text).trim();
  const { length } = utf8(clean);
  return length > MAX_TEXT_BYTES ? fail({ kind: 'text-too-long', bytes: length, limit: MAX_TEXT_BYTES }) : succeed(clean);
}
