/**
 * Calls in the timeline, as the rooms that tell of them see them. The features never import each other: chat and groups, who
 * carry what is said of a call, and calls, who know of them all, meet here.
 */
import type { Write } from '../lib/write.ts';
import type { CallAct, CallMedia, CallOutcome } from '../protocol/call-word.ts';
import type { AccountId, CallId, ConversationId, GroupId, MessageId } from '../protocol/ids.ts';

/** What the timeline shows of a call. Its author began it; its wall time is when it began. Durations in milliseconds. */
export type CallEntry =
  | {
      readonly kind: 'two';
      readonly call: CallId;
      readonly media: CallMedia;
      /** As the caller tells it: what was `cancelled`, `missed` or `unreachable` was missed by the other. */
      readonly outcome: CallOutcome;
      /** Of talking; 0 unless answered. */
      readonly duration: number;
    }
  | {
      readonly kind: 'group';
      readonly call: CallId;
      readonly media: CallMedia;
      /** Everybody who joined has left. Until then, whether anybody is really there is for the calls' room to say. */
      readonly over: boolean;
      /** From its start to when the last one left; 0 until it is over. */
      readonly duration: number;
      /** Everybody who was in it, in the order they came; the first began it. */
      readonly people: readonly AccountId[];
    };

/** A message that is a call. */
export interface CallPlace {
  readonly conversation: ConversationId;
  readonly message: MessageId;
  /** Who began it; myself for what I began. */
  readonly author: AccountId;
  readonly wall: number;
}

/** What chat and groups ask of the calls' room. */
export interface CallKeeper {
  /** The changes that remember it in the history of calls, saved with the message; of one call the later one replaces the earlier. */
  keep(place: CallPlace, entry: CallEntry): readonly Write[];
  /** The talk is gone: its calls go too. */
  drop(conversation: ConversationId): readonly Write[];
}

/** What a member has written about a call of the group. */
export interface GroupCallAct {
  readonly call: CallId;
  readonly act: CallAct;
  readonly media: CallMedia;
}

/** A call in a group that is not over by what the members have written. */
export interface CallRoster {
  readonly group: GroupId;
  readonly call: CallId;
  readonly media: CallMedia;
  readonly by: AccountId;
  /** When it began, by the clock of whoever began it; milliseconds since 1970. */
  readonly began: number;
  /** Who joined and has not left, in the order they came, as far as their word has come here. All are members now. */
  readonly people: readonly AccountId[];
}
