/**
 * Whether a message belongs in the group: by what the operations say of its author and its epoch, and by its device's log
 * (PROTOCOL.md G48, G49). What is refused is neither stored nor shown nor handed on.
 */
import { fail, succeed, type Result } from '../lib/result.ts';
import type { SpokenBody } from '../protocol/group-message.ts';
import type { GroupId, OperationId } from '../protocol/ids.ts';
import { judgeAuthor, type Authorship, type MessageClaim } from '../membership/authorship.ts';
import type { GroupState } from '../membership/group-state.ts';
import type { History } from '../membership/history.ts';
import type { CarriedMessage } from './message.ts';
import { place, type DeviceLog } from './message-log.ts';
import type { Role } from '../membership/group-state.ts';

/** A message's Lamport time is at most this much beyond all that was seen before (M3, attack 37). */
const MAX_LEAD = 2 ** 20;
/** A mute for a time is over when two clocks say so: the author's, and ours up to this much ahead. */
const CLOCK_TOLERANCE_MS = 600_000;

/** What the group's operations say to a judge of messages. */
export interface GroupAuthority {
  /** Of these, the operations that are not here yet. */
  missing(operations: readonly OperationId[]): readonly OperationId[];
  /** Whether the author had the right to write it, by all operations that are here. */
  authorship(claim: MessageClaim): Authorship;
  /** The devices an epoch is for; undefined: no operation of this group that begins an epoch, or not a valid one. It is here. */
  epochDevices(epoch: OperationId): ReadonlySet<string> | undefined;
}

export interface Judgement {
  readonly group: GroupId;
  readonly authority: GroupAuthority;
  readonly log: DeviceLog;
  /** The id of the message of this number in the store, if `isInStore`. */
  readonly stored?: OperationId;
  /** The highest Lamport time of the group's messages seen so far. */
  readonly lamport: number;
  /** This device's clock, milliseconds since 1970. */
  readonly now: number;
}

/** To be stored with the log that has it. `shown`: else it is kept and handed on for the log's sake, and nobody sees it. */
export interface Accepted {
  readonly log: DeviceLog;
  readonly shown: boolean;
}

export type MessageRefusal =
  /** Cannot be judged before these operations are here. Not the author's fault; the message may be kept aside or asked for again. */
  | { readonly kind: 'awaits-operations'; readonly operations: readonly OperationId[] }
  /** Will be welcome later: asked for again when what is before it has come. */
  | { readonly kind: 'too-far-ahead' | 'lamport-too-far' }
  /** Nothing new. */
  | { readonly kind: 'held' | 'too-old' }
  /** No honest device signs such a message. `foreign`: the device is none of a member's, as far as its author could know. */
  | { readonly kind: 'other-group' | 'foreign' | 'invalid-epoch' | 'not-a-recipient' | 'out-of-order' }
  /** With the held message of this number it is the proof that the device forked its log (log-fork.ts). */
  | { readonly kind: 'contradiction'; readonly seq: number };

/** What the operations that are here say. `state`: what `history` resolves to now. */
export function authorityOf(history: History, state: GroupState, epochDevices: GroupAuthority['epochDevices']): GroupAuthority {
  return {
    missing: (operations) => operations.filter((operation) => !history.has(operation)),
    authorship: (claim) => judgeAuthor(history, state, claim),
    epochDevices,
  };
}

/** `message` was read by `readMessage`, so its signature is good. */
export function judgeMessage(message: CarriedMessage, judgement: Judgement): Result<Accepted, MessageRefusal> {
  const { group, authority, lamport, log, stored, now } = judgement;
  if (message.group !== group) return fail({ kind: 'other-group' });
  const missing = authority.missing([...message.control, message.epoch]);
  if (missing.length > 0) return fail({ kind: 'awaits-operations', operations: missing });

  const authorship = authority.authorship(claimOf(message, now));
  if (authorship === 'foreign' || authorship === 'pending') return fail({ kind: 'foreign' });
  const recipients = authority.epochDevices(message.epoch);
  if (!recipients) return fail({ kind: 'invalid-epoch' });
  if (!recipients.has(message.device)) return fail({ kind: 'not-a-recipient' });
  if (message.lamport > lamport + MAX_LEAD) return fail({ kind: 'lamport-too-far' });

  const placement = place(log, message, stored);
  return placement.kind === 'added' ? succeed({ log: placement.log, shown: authorship === 'shown' }) : fail(placement);
}

/**
 * What a message claims, as of `now` (milliseconds since 1970): from the future it claims nothing, so that nobody who is muted
 * for a time ends that by setting their clock.
 */
export function claimOf({ account, device, seq, control, wall }: CarriedMessage, now: number): MessageClaim {
  return { account, device, seq, control, wall: Math.min(wall, now + CLOCK_TOLERANCE_MS) };
}

/** What a message says, without what its author may not say: to call everybody is for admins. */
export function honoured(body: SpokenBody, role: Role): SpokenBody {
  if (!body.mentions.all || role !== 'member') return body;
  return { ...body, mentions: { ...body.mentions, all: false } };
}
