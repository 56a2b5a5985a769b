/**
 * Whether a message belongs in the group, by what the operations say of its author, and whether it is shown (PROTOCOL.md G48,
 * G49, G54). What is refused is neither stored nor shown nor handed on.
 */
import { fail, succeed, type Result } from '../lib/result.ts';
import type { MutedUntil } from '../session/group-talk.ts';
import type { AccountId, GroupId, OperationId } from '../protocol/ids.ts';
import type { GroupBody } from '../protocol/group-message.ts';
import type { CarriedMessage } from './message.ts';
import { place, type DeviceLog } from './message-log.ts';
import type { Role } from './ports.ts';

/** A message's Lamport time is at most this much beyond all that was seen before (M3, attack 37). */
const MAX_LEAD = 2 ** 20;
/** A mute for a time is over when both say so: the author's clock, and ours up to this much ahead. */
const CLOCK_TOLERANCE_MS = 600_000;

/** How somebody stands in the group when what is known are certain operations and all before them, as far as they are valid. */
export interface AuthorStanding {
  readonly role: Role;
  readonly muted: MutedUntil | undefined;
  /** Only admins may write. */
  readonly allMuted: boolean;
}

/** What the group's operations say: asked by the judge, answered by whoever resolves them. */
export interface GroupAuthority {
  /** Of these, the operations that are not here yet. */
  missing(operations: readonly OperationId[]): readonly OperationId[];
  /** Whether this is a device of the account, by the credentials in the operations before these heads, and not revoked there. */
  isDeviceOf(device: string, account: AccountId, heads: readonly OperationId[]): boolean;
  /** Undefined: no member there. All these heads are here. */
  standingAt(account: AccountId, heads: readonly OperationId[]): AuthorStanding | undefined;
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

/** To be stored with the log that has it. `standing`: the author's, where the message stands. */
export interface Accepted {
  readonly log: DeviceLog;
  readonly standing: AuthorStanding;
}

export type MessageRefusal =
  /** Cannot be judged before these operations are here. Not the author's fault; the message may be kept aside or asked for again. */
  | { readonly kind: 'awaits-operations'; readonly operations: readonly OperationId[] }
  /** Will be welcome later: asked for again when the gap before it, or the time, has been filled. */
  | { readonly kind: 'too-far-ahead' | 'lamport-too-far' }
  /** Nothing new. */
  | { readonly kind: 'held' | 'too-old' }
  /** No honest device signs such a message. */
  | { readonly kind: 'other-group' | 'not-their-device' | 'not-a-member' | 'muted' | 'invalid-epoch' | 'not-a-recipient' | 'out-of-order' }
  /** With the held message of this number it is the proof that the device forked its log (log-fork.ts). */
  | { readonly kind: 'contradiction'; readonly seq: number };

/** `message` was read by `readMessage`, so its signature is good. */
export function judgeMessage(message: CarriedMessage, judgement: Judgement): Result<Accepted, MessageRefusal> {
  const { group, authority, lamport, log, stored, now } = judgement;
  if (message.group !== group) return fail({ kind: 'other-group' });
  const missing = authority.missing([...message.control, message.epoch]);
  if (missing.length > 0) return fail({ kind: 'awaits-operations', operations: missing });
  const standing = standingOf(message, authority, now);
  if (!standing.ok) return standing;
  if (message.lamport > lamport + MAX_LEAD) return fail({ kind: 'lamport-too-far' });
  const placement = place(log, message, stored);
  return placement.kind === 'added' ? succeed({ log: placement.log, standing: standing.value }) : fail(placement);
}

function standingOf(message: CarriedMessage, authority: GroupAuthority, now: number): Result<AuthorStanding, MessageRefusal> {
  const { account, device, control, epoch } = message;
  if (!authority.isDeviceOf(device, account, control)) return fail({ kind: 'not-their-device' });
  const standing = authority.standingAt(account, control);
  if (!standing) return fail({ kind: 'not-a-member' });
  if (isSilenced(standing, Math.min(message.wall, now + CLOCK_TOLERANCE_MS))) return fail({ kind: 'muted' });
  const recipients = authority.epochDevices(epoch);
  if (!recipients) return fail({ kind: 'invalid-epoch' });
  return recipients.has(device) ? succeed(standing) : fail({ kind: 'not-a-recipient' });
}

/** Whether somebody who stands like this may not write at this time. Asked of oneself before sending, of others when judging. */
export function isSilenced({ role, muted, allMuted }: AuthorStanding, at: number): boolean {
  if (allMuted && role === 'member') return true;
  return muted !== undefined && (muted === 'for-good' || at < muted);
}

/** A removal or a mute of somebody: how far its author had seen the messages of their devices (signing key in base64url; not there: none). */
export interface Hiding {
  readonly operation: { readonly id: OperationId };
  readonly seen: ReadonlyMap<string, number>;
}

/**
 * Whether an accepted message is not shown: it is beyond what had been seen of its author when they were removed or muted, and
 * does not know of that. So nobody can backdate a message to before their removal (attack 36). Whoever knows of it was let in
 * again, or may speak again, or is refused by `judgeMessage`. The message stays stored: the log goes on behind it.
 *
 * `silencings`: of the message's author. `knows`: whether an operation is among the message's heads or before them.
 */
export function isHidden(
  { device, seq }: Pick<CarriedMessage, 'device' | 'seq'>,
  silencings: readonly Hiding[],
  knows: (operation: OperationId) => boolean,
): boolean {
  return silencings.some(({ operation, seen }) => seq > (seen.get(device) ?? 0) && !knows(operation.id));
}

/** What a message says, without what its author may not say: to call everybody is for admins. */
export function honoured(body: GroupBody, { role }: AuthorStanding): GroupBody {
  if (!body.mentions.all || role !== 'member') return body;
  return { ...body, mentions: { ...body.mentions, all: false } };
}
