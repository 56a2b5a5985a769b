/** What messages are, and where they are kept. */
import type { Observable } from '../lib/observable.ts';
import type { Committer, Write } from '../lib/write.ts';
import type { ContactNotice } from '../contacts/ports.ts';
import type { AccountId, ConversationId, MessageId } from '../protocol/ids.ts';
import type { Attachment, AttachmentView } from '../session/attachment.ts';
import type { CallEntry } from '../session/call-entry.ts';
import type { GroupEvent, Mentions } from '../session/group-talk.ts';

/** Only ever moves to the right. `sent`: left this browser. `delivered`: stored in theirs. */
export type MessageStatus = 'queued' | 'sent' | 'delivered';

interface MessageBase {
  readonly id: MessageId;
  readonly conversation: ConversationId;
  /** Orders the timeline, ties by id. */
  readonly lamport: number;
  /** The author's clock, milliseconds since 1970. */
  readonly wall: number;
  readonly text: string;
  /** Whom a message in a group calls; absent: nobody. */
  readonly mentions?: Mentions;
  /** Sent with it. Absent: nothing. */
  readonly file?: Attachment;
  /** It tells of a call; its text is empty. Absent: it does not. */
  readonly call?: CallEntry;
}

export type Message =
  | (MessageBase & { readonly direction: 'out'; readonly status: MessageStatus })
  | (MessageBase & { readonly direction: 'in'; readonly author: AccountId })
  /** What somebody did in a group; its text is empty. */
  | (MessageBase & { readonly direction: 'event'; readonly event: GroupEvent })
  /** Something the person has to know about this talk, told where they read. Made here, sent to nobody; its text is empty. */
  | (MessageBase & { readonly direction: 'notice'; readonly notice: ContactNotice });

/** What somebody said. */
export type Utterance = Exclude<Message, { readonly direction: 'notice' | 'event' }>;

/** A file as the list of talks names it. */
export interface LastFile {
  readonly kind: AttachmentView['kind'];
  readonly name: string;
  /** Of a voice message, milliseconds. */
  readonly duration?: number;
}

/** What was said or done last; texts are cut. `author`: whose it is, absent in rows written before there were groups. */
export type LastLine = { readonly wall: number } & (
  | { readonly direction: 'out'; readonly text: string; readonly file?: LastFile; readonly call?: CallEntry }
  | {
      readonly direction: 'in';
      readonly text: string;
      readonly author?: AccountId;
      readonly file?: LastFile;
      readonly call?: CallEntry;
    }
  | { readonly direction: 'event'; readonly event: GroupEvent }
);

/** The talk as the list shows it. */
export interface Conversation {
  readonly id: ConversationId;
  /** The highest lamport time seen in it. */
  readonly lamport: number;
  readonly unread: number;
  readonly draft: string;
  readonly last: LastLine | undefined;
  /** Something unread calls me, in a group. Absent: nothing does. */
  readonly mentioned?: boolean;
  /** When something last happened, for the order of the list; milliseconds since 1970, this device's clock. */
  readonly touched: number;
  /** Incoming messages above this lamport time arrived since it was last read; where the "new messages" line goes. */
  readonly readUpTo: number;
  /**
   * My messages up to this lamport time have left this browser, and up to that one are stored in theirs. Messages leave in the
   * order they were written, so one number says it of all of them.
   */
  readonly sentUpTo: number;
  readonly deliveredUpTo: number;
}

/** A conversation nothing has happened in yet. */
export function blankConversation(id: ConversationId): Conversation {
  return { id, lamport: 0, unread: 0, draft: '', last: undefined, touched: 0, readUpTo: 0, sentUpTo: 0, deliveredUpTo: 0 };
}

export type Progress = Pick<Conversation, 'sentUpTo' | 'deliveredUpTo'>;

/** The message with the status that its conversation gives it; the same object when that is the one it has. */
export function withProgress(message: Message, { sentUpTo, deliveredUpTo }: Progress): Message {
  if (message.direction !== 'out') return message;
  const status = message.lamport <= deliveredUpTo ? 'delivered' : message.lamport <= sentUpTo ? 'sent' : 'queued';
  return status === message.status ? message : { ...message, status };
}

/** Progress only ever grows; what has arrived has left. */
export function withAdvance(before: Conversation, upTo: number, status: 'sent' | 'delivered'): Conversation {
  const sentUpTo = Math.max(before.sentUpTo, upTo);
  return { ...before, sentUpTo, deliveredUpTo: status === 'delivered' ? Math.max(before.deliveredUpTo, upTo) : before.deliveredUpTo };
}

/** Of what is left after some messages were removed: enough to say whether what is unread calls me. */
export const MAX_LEFT_TOLD = 200;

export interface ChatStore extends Committer {
  conversation(id: ConversationId): Promise<Conversation | undefined>;
  watchConversations(): Observable<readonly Conversation[]>;
  /** The newest `limit` messages, oldest first. */
  watchTimeline(conversation: ConversationId, limit: number): Observable<readonly Message[]>;
  message(conversation: ConversationId, id: MessageId): Promise<Message | undefined>;
  /**
   * Adds those of the messages that are not there yet (ids decide, within the conversation), then rewrites the conversation with what `update` makes
   * of it and of the messages really added. All inside the transaction, so nothing written meanwhile is lost. A
   * conversation not there yet is made blank first.
   */
  addMessages(
    conversation: ConversationId,
    messages: readonly Message[],
    update: (conversation: Conversation, added: readonly Message[]) => Conversation,
  ): Write;
  /**
   * Removes those of the messages that are there, then rewrites the conversation with what `update` makes of it, of the messages
   * really removed, and of the newest that are left: newest first, at most MAX_LEFT_TOLD.
   */
  removeMessages(
    conversation: ConversationId,
    ids: readonly MessageId[],
    update: (conversation: Conversation, removed: readonly Message[], left: readonly Message[]) => Conversation,
  ): Write;
  /** My messages up to this lamport time have come so far, or further already. Nothing when there is no such conversation. */
  advance(conversation: ConversationId, upTo: number, status: Exclude<MessageStatus, 'queued'>): Write;
  /** Rewrites the conversation inside the transaction; a missing one is made blank first. */
  updateConversation(id: ConversationId, update: (conversation: Conversation) => Conversation): Write;
  /** Removes the conversation and all its messages. */
  deleteConversation(id: ConversationId): Write;
}
