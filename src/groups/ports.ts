/** What groups are to those who look at them, and what they stand on: a store, a timeline, links to members, a way to carry documents. */
import type { Bytes } from '../lib/bytes.ts';
import type { Observable } from '../lib/observable.ts';
import type { Committer, Write } from '../lib/write.ts';
import type { AccountId, GroupId, MessageId, OperationId } from '../protocol/ids.ts';
import type { Role } from '../membership/group-state.ts';
import type { GroupPolicy } from '../membership/policy.ts';
import type { MutedUntil } from '../session/group-talk.ts';

export interface GroupMember {
  readonly account: AccountId;
  /** As they call themselves. */
  readonly name: string;
  /** What they are called in this group; undefined: as everywhere. */
  readonly nickname: string | undefined;
  readonly role: Role;
  readonly muted: MutedUntil | undefined;
  readonly since: number;
}

/** Somebody asks to be let in. */
export interface GroupApplication {
  readonly account: AccountId;
  readonly name: string;
  /** What they wrote with it; may be empty. */
  readonly greeting: string;
  readonly at: number;
}

export interface GroupInvite {
  readonly id: string;
  /** Undefined on devices that did not make it and cannot show it again. */
  readonly link: string | undefined;
  readonly by: AccountId;
  readonly mode: 'auto' | 'approval';
  /** Milliseconds since 1970; undefined: never. */
  readonly expires: number | undefined;
  /** How many may come with it; undefined: any number. */
  readonly uses: number | undefined;
  readonly used: number;
}

/**
 * How I stand to a group. `joining`: let in or about to be, and nothing has come yet. `applied`: an admin has to decide.
 * What is over is kept to be read: `left`, `removed`, `disbanded`, `declined`.
 */
export type GroupPhase = 'joining' | 'applied' | 'active' | 'left' | 'removed' | 'disbanded' | 'declined';

/** What makes a person look. `equivocation`: a device signed two different things as one; both proofs are kept. */
export type GroupAlert =
  | { readonly kind: 'ownership-conflict' }
  | { readonly kind: 'equivocation'; readonly account: AccountId }
  /** Let in by an admin whose right turned out to have ended before; an admin can let them in again. */
  | { readonly kind: 'ejected'; readonly account: AccountId; readonly name: string };

export interface Announcement {
  readonly id: OperationId;
  readonly text: string;
  readonly by: AccountId;
  readonly at: number;
  readonly readBy: readonly AccountId[];
}

export interface PinnedMessage {
  readonly message: MessageId;
  readonly by: AccountId;
}

/** A group as the screens see it. */
export interface Group {
  readonly id: GroupId;
  readonly phase: GroupPhase;
  readonly name: string;
  /** A small encoded image (WebP, PNG or JPEG), at most MAX_PICTURE_BYTES. */
  readonly picture: Bytes | undefined;
  readonly topic: string;
  readonly announcement: Announcement | undefined;
  readonly pinned: readonly PinnedMessage[];
  readonly me: { readonly role: Role; readonly muted: MutedUntil | undefined };
  /** Owner first, then admins, then members; by name. */
  readonly members: readonly GroupMember[];
  /** Those who left or were removed, as they were called: what they said keeps its author. */
  readonly former: readonly { readonly account: AccountId; readonly name: string }[];
  /** Only admins may write. */
  readonly allMuted: boolean;
  readonly policy: GroupPolicy;
  /** The ownership is offered to this admin. */
  readonly offeredTo: AccountId | undefined;
  readonly applications: readonly GroupApplication[];
  readonly invites: readonly GroupInvite[];
  readonly alerts: readonly GroupAlert[];
  readonly notify: NotifyLevel;
  /** Members we have a link to now. */
  readonly linked: number;
}

export type NotifyLevel = 'all' | 'mentions' | 'nothing';

/** Who has a message of a group, and who has read it. Authors are not counted among their own. */
export interface Spread {
  readonly held: readonly AccountId[];
  readonly read: readonly AccountId[];
  /** How many others there are. */
  readonly of: number;
}

// ————— what groups stand on —————

/** An operation or a message of a group as it was signed and carried: never changed, never encoded again. */
export interface StoredEnvelope {
  /** 32 bytes in base64url (C5). */
  readonly id: OperationId;
  readonly group: GroupId;
  readonly envelope: Bytes;
}

/** A message of a group's log, found by its author's device and place. */
export interface LogEntry extends StoredEnvelope {
  /** The author's device: its signing key, 32 bytes in base64url. */
  readonly device: string;
  /** Counts the device's messages in the group from 1. */
  readonly seq: number;
}

/**
 * The kind of parcels that stay on this device: backups leave them out. Own counters and the secrets of key packages, which a
 * restored account must not use again (B4).
 */
export const OWN_PARCELS = 'own';

export interface GroupStore extends Committer {
  /**
   * What each group keeps of itself, encoded by groups/: settings, pins, epoch secrets. One row a group, rewritten whole. It goes
   * into backups, so another device may read it one day: what is this device's alone lies in parcels of kind OWN_PARCELS.
   */
  groups(): Promise<readonly { readonly group: GroupId; readonly state: Bytes }[]>;
  putGroup(group: GroupId, state: Bytes): Write;
  /** All of a group, in the order in which they were added. */
  operations(group: GroupId): Promise<readonly StoredEnvelope[]>;
  /** Adds those not there yet (ids decide). Many at once cost little more than one. */
  addOperations(operations: readonly StoredEnvelope[]): Write;
  /** Messages of one device from `from` on, in order, at most `limit`. */
  log(group: GroupId, device: string, from: number, limit: number): Promise<readonly LogEntry[]>;
  /** For each device of the log: the highest number up to which nothing is missing behind `after` (0 unless told), or `after` itself. */
  logVector(group: GroupId, after?: (device: string) => number): Promise<ReadonlyMap<string, number>>;
  /** Adds those whose places are free; the first to be kept at a place stays. */
  addLog(entries: readonly LogEntry[]): Write;
  /** Small things by name, latest wins: marks of devices, boxes of epochs, grants. */
  parcels(group: GroupId, kind: string): Promise<readonly { readonly name: string; readonly body: Bytes }[]>;
  putParcel(group: GroupId, kind: string, name: string, body: Bytes): Write;
  deleteParcel(group: GroupId, kind: string, name: string): Write;
  /** Everything of a group. */
  deleteGroup(group: GroupId): Write;
}

/** Carries documents between members by stock y-webrtc, over links that are proven already. */
export interface DocumentCarriage {
  /** Opens a carried document. Whoever reaches it by `connect` may read and write it. */
  open(options: DocumentOptions): CarriedDocument;
}

/**
 * What becomes of an update: applied; left out, because there is no room for it; or refused whole, because no honest member
 * would have sent it: then the carriage from that member ends (see `refused`).
 */
export type Admission = 'take' | 'skip' | 'refuse';

export interface DocumentOptions {
  /** A Y.Doc; typed object where Yjs is not imported. Not changed from within its own events. */
  readonly doc: object;
  /** The document's y-protocols Awareness (cursors); without one nothing of the kind is carried. */
  readonly awareness?: object | undefined;
  /** Looks at every update before it is applied. */
  readonly admit: (update: Uint8Array) => Admission;
  /** Looks at every awareness state of others before it is taken, as JSON made it; false: no honest member sends such a thing. */
  readonly admitState?: ((state: unknown) => boolean) | undefined;
  /** Puts a body (`carriageBody`, at most MAX_CARRIAGE_BYTES) on the link to a member; false: no proven link. */
  readonly send: (to: AccountId, body: Bytes) => boolean;
  /** Bytes that wait on the link to a member. */
  readonly waiting: (to: AccountId) => number;
  /** A member broke the rules; nothing more is taken from them until they are connected anew. */
  readonly refused: (from: AccountId) => void;
}

export interface CarriedDocument {
  /** A proven link to a member is there, in place of any before it. `initiates`: exactly one of the two sides does. */
  connect(member: AccountId, options: { readonly initiates: boolean }): void;
  received(from: AccountId, body: Bytes): void;
  /** Less waits on the link to a member than its low-water mark. */
  drained(member: AccountId): void;
  disconnect(member: AccountId): void;
  /** Members whose whole document has been taken up here since they were connected. */
  readonly syncedWith: Observable<ReadonlySet<AccountId>>;
  /** Lets go of everybody; the document and its awareness remain the caller's. */
  close(): void;
}
