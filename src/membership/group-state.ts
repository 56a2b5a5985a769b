/** What the operations of a group come to: made by `resolve` (resolver.ts) alone, the same for all who have the same operations and pins. */
import type { Bytes } from '../lib/bytes.ts';
import type { AccountId, GroupId, MessageId, OperationId } from '../protocol/ids.ts';
import type { MutedUntil } from '../session/group-talk.ts';
import type { Introduction } from './introduction.ts';
import type { JoinRequest } from './join-request.ts';
import type { Operation, OperationOf } from './operation.ts';
import type { GroupPolicy } from './policy.ts';

export type Role = 'owner' | 'admin' | 'member';

/** What a replica has shown its person of the owner's chain, and holds the group to (G12). */
export interface Pins {
  /** The newest operation of the chain that was shown; what a newcomer has from the invitation or their admission. */
  readonly tip: OperationId | undefined;
}

export interface GroupState {
  readonly group: GroupId;
  readonly owner: AccountId;
  /** End of the owner's chain: what the next of its operations continues (`ownerPrev`), what is pinned, acknowledged and handed to newcomers. */
  readonly tip: OperationId;
  /** What is pinned has not come yet: this state may be one that somebody made up, and is not shown. */
  readonly awaitsPin: boolean;
  /**
   * The owner's chain is forked, and no majority has settled it: where the branches begin that are not followed. An admin
   * whose person sticks to what they were shown says `settle` with `tip`.
   */
  readonly forks: readonly OperationId[];
  readonly disbanded: boolean;

  readonly name: string;
  /** An encoded image; undefined: none. */
  readonly picture: Bytes | undefined;
  readonly topic: string;
  readonly announcement: StandingAnnouncement | undefined;
  /** Newest first, at most MAX_PINNED. */
  readonly pinned: readonly { readonly message: MessageId; readonly by: AccountId }[];
  readonly policy: GroupPolicy;
  readonly allMuted: boolean;
  readonly offeredTo: AccountId | undefined;

  readonly members: ReadonlyMap<AccountId, Member>;
  /** Who was a member and is none. */
  readonly former: ReadonlyMap<AccountId, FormerMember>;
  /** Of members and former members: as they are called, the nickname left aside. */
  readonly names: ReadonlyMap<AccountId, string>;
  /** Devices of all members that their accounts have in force; by account, then by device. */
  readonly devices: readonly MemberDevice[];
  /** Requests no admin has answered yet, oldest first. */
  readonly applications: readonly Application[];
  /** Invitations that were not revoked, oldest first. */
  readonly invites: readonly StandingInvite[];
  /** What hides messages, by the account it was done to; and what hides those of all but admins. */
  readonly silencings: ReadonlyMap<AccountId, readonly Silencing[]>;
  readonly generalSilences: readonly Interval[];
  /** What made each a member, of those that ever were: `create`, `admit`, `grant`, `accept`. */
  readonly grants: ReadonlyMap<AccountId, readonly OperationId[]>;
  /** When each was owner or admin, of those that ever were. */
  readonly adminships: ReadonlyMap<AccountId, readonly Interval[]>;

  /** `epoch` operations whose authors had the right; oldest first. Whether their recipients are right, epoch.ts says. */
  readonly epochs: readonly OperationOf<'epoch'>[];
  /** Up to where members have shown the owner's chain to their person. */
  readonly acknowledged: ReadonlyMap<AccountId, OperationId>;

  /** Operations that count, in the order in which they are told: causes first. */
  readonly effective: ReadonlyMap<OperationId, Operation>;
  /** Operations that count for nothing: without the right, or overtaken by what ended it. */
  readonly voided: ReadonlySet<OperationId>;
  /** Let in by an admin whose right turned out to have ended before, and by nobody else. Their request can be answered again. */
  readonly ejected: ReadonlyMap<AccountId, JoinRequest>;
  /** Devices that signed two operations as one: both are proof. */
  readonly equivocations: readonly Equivocation[];
}

export interface Member {
  readonly account: AccountId;
  readonly role: Role;
  /** As they call themselves. */
  readonly name: string;
  /** What they are called in this group; undefined: as everywhere. */
  readonly nickname: string | undefined;
  /** Whether it is over, the clock says; admins and the owner are not muted. */
  readonly muted: MutedUntil | undefined;
  /** When they came, by the clock of whoever let them in. */
  readonly since: number;
  /** What let them in, for where their history begins. */
  readonly admitted: OperationId;
}

export interface FormerMember {
  readonly account: AccountId;
  readonly name: string;
  readonly how: 'left' | 'removed' | 'ejected';
  /** What ended it: nothing after these is any of their business. Empty for the ejected. */
  readonly ended: readonly OperationId[];
}

export interface MemberDevice {
  readonly account: AccountId;
  /** Its signing key: 32 bytes in base64url. */
  readonly device: string;
  /** The newest word on it: credential, name, key for epochs. */
  readonly introduction: Introduction;
  /** What said so. */
  readonly from: OperationId;
}

export interface Application {
  readonly request: JoinRequest;
  /** The `apply` that carried it. */
  readonly operation: OperationId;
  readonly by: AccountId;
  /** Clock of whoever carried it. */
  readonly at: number;
}

export interface StandingInvite {
  /** 16 bytes in base64url. */
  readonly id: string;
  readonly operation: OperationOf<'invite'>;
  readonly by: AccountId;
  /** How many were let in with it. */
  readonly used: number;
}

export interface StandingAnnouncement {
  readonly id: OperationId;
  readonly text: string;
  readonly by: AccountId;
  readonly at: number;
}

/** Somebody's messages beyond `seen` are hidden: for good by a removal, until it is lifted or over by a mute. */
export interface Silencing {
  readonly operation: Operation;
  readonly kind: 'removal' | 'mute';
  /** How many messages of each device (32 bytes in base64url) had come; of a device that is not there: none. */
  readonly seen: ReadonlyMap<string, number>;
  /** Of a mute. */
  readonly until: MutedUntil | undefined;
  /** Of a mute: what lifted it or took its place, and whatever follows from these. */
  readonly lifted: readonly OperationId[];
}

/** For whoever knew the first and none of the last. */
export interface Interval {
  readonly begun: OperationId;
  readonly ended: readonly OperationId[];
}

export interface Equivocation {
  readonly account: AccountId;
  readonly device: string;
  readonly seq: number;
  /** The two with the lowest ids, lowest first. */
  readonly proof: readonly [Operation, Operation];
}
