/**
 * What is said and done in groups, as the chat shows it. The features never import each other: as contents meet in router.ts,
 * groups (who know what was said) and chat (who shows it) meet here.
 */
import type { Write } from '../lib/write.ts';
import type { AccountId, ConversationId, MessageId } from '../protocol/ids.ts';
import type { Attachment } from './attachment.ts';
import type { CallEntry } from './call-entry.ts';

/** Whom a message calls: members, or all of them (admins only). */
export interface Mentions {
  readonly all: boolean;
  readonly accounts: readonly AccountId[];
}

/** Until when somebody may not write: milliseconds since 1970, or for good. */
export type MutedUntil = number | 'for-good';

/** Who did what, as the timeline tells it. `name`: of whom it was done to, as they were called then. */
export type GroupEvent = { readonly by: AccountId; readonly byName: string } & (
  | { readonly kind: 'created' | 'left' | 'disbanded' | 'picture-changed' | 'all-muted' | 'all-unmuted' | 'policy-changed' }
  | { readonly kind: 'renamed' | 'topic-changed' | 'announced'; readonly text: string }
  | {
      readonly kind: 'joined' | 'removed' | 'made-admin' | 'unmade-admin' | 'unmuted' | 'offered' | 'became-owner';
      readonly account: AccountId;
      readonly name: string;
    }
  | { readonly kind: 'muted'; readonly account: AccountId; readonly name: string; readonly until: MutedUntil }
  | { readonly kind: 'pinned' | 'unpinned'; readonly message: MessageId }
);

/** Where what is said in groups is shown: the chat's timeline. */
export interface GroupTimeline {
  /** The highest lamport time seen in the talk. */
  lamport(conversation: ConversationId): Promise<number>;
  /** The changes that show these; entries that are there already change nothing (M4). */
  add(conversation: ConversationId, entries: readonly TimelineEntry[]): Promise<readonly Write[]>;
  /** The changes that show an entry that is there otherwise than before: a call goes on, or is over. It is no news, and nothing if it is not there. */
  replace(conversation: ConversationId, entry: TimelineEntry): readonly Write[];
  /** Messages that turned out to be hidden (beyond `seen`), and events of operations that were voided. */
  remove(conversation: ConversationId, ids: readonly MessageId[]): Write;
  /** My messages up to this lamport time have come so far. */
  advance(conversation: ConversationId, upTo: number, status: 'sent' | 'delivered'): Write;
}

export type TimelineEntry = {
  /** Taken from the id (C5) of what was signed: an author who could choose it could keep another's message from being shown. */
  readonly id: MessageId;
  readonly lamport: number;
  readonly wall: number;
  /** Said before I came, or by a device of mine before this one: it is shown, and is no news. */
  readonly past?: true;
} & (
  | {
      readonly direction: 'out';
      readonly text: string;
      readonly mentions: Mentions;
      readonly file?: Attachment;
      readonly call?: CallEntry;
    }
  | {
      readonly direction: 'in';
      readonly author: AccountId;
      readonly text: string;
      readonly mentions: Mentions;
      readonly file?: Attachment;
      readonly call?: CallEntry;
    }
  | { readonly direction: 'event'; readonly event: GroupEvent }
);
