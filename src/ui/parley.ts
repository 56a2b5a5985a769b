/**
 * What the screens need of the house: state to watch, verbs to call. `app/` provides it, `context.ts` hands it down.
 *
 * Verbs return their expected failures as values, each with a `kind` the languages have a sentence for. What cannot be
 * expected goes to the app's one funnel and shows up in `Parley.troubles`.
 */
import type { Contact } from '../contacts/ports.ts';
import type { Conversation, Message } from '../chat/ports.ts';
import type { Group, NotifyLevel, Spread } from '../groups/ports.ts';
import type { ActFailure } from '../membership/act-rules.ts';
import type { GroupPolicy } from '../membership/policy.ts';
import type { Observable } from '../lib/observable.ts';
import type { Result } from '../lib/result.ts';
import type { OwnPresence, SeenPresence } from '../presence/ports.ts';
import type { AccountId, ConversationId, GroupId, MessageId, OperationId } from '../protocol/ids.ts';
import type { MutedUntil } from '../session/group-talk.ts';
import type { RendezvousState } from '../session/ports.ts';
import type { Calls } from './calls/contract.ts';
import type { Files } from './files/contract.ts';

export interface Parley {
  readonly gate: Observable<Gate>;
  /** Unexpected errors, newest last; shown as a notice with the way forward. */
  readonly troubles: Observable<readonly Trouble[]>;
  dismiss(trouble: Trouble): void;
  /** True when a newer build is waiting; `update` reloads into it. */
  readonly updateReady: Observable<boolean>;
  update(): void;
  /** Kept in this browser, outside any account: language and theme. */
  readonly preferences: Preferences;
  /** True when the browser offers to install the app. */
  readonly installable: Observable<boolean>;
  install(): void;
}

export interface Preferences {
  readonly language: Observable<Language>;
  setLanguage(language: Language): void;
  readonly theme: Observable<Theme>;
  setTheme(theme: Theme): void;
}
export type Language = 'en' | 'zh';
export type Theme = 'light' | 'dark' | 'system';

/** Where a person stands before the house. */
export type Gate =
  | { readonly phase: 'starting' }
  /** `storage-refused`: IndexedDB is switched off or refused (private window). `too-old`: the browser lacks something Parley needs. */
  | { readonly phase: 'impossible'; readonly reason: 'storage-refused' | 'too-old' }
  /** Nobody is in. `userName` is known when the account was locked rather than logged out: only the password is asked. */
  | { readonly phase: 'outside'; readonly hasAccounts: boolean; readonly userName: string | undefined; readonly door: Door }
  /** Another tab of this browser has the account open. */
  | { readonly phase: 'elsewhere'; useHere(): void; back(): void }
  | { readonly phase: 'inside'; readonly home: Home };

export interface Door extends OtherWaysIn {
  checkName(userName: string): Promise<Result<undefined, NameFailure>>;
  /** 0 (guessed at once) to 4 (strong); 3 and up is accepted. `userName` counts against a password made from it. */
  strengthOf(password: string, userName: string): Promise<PasswordStrength>;
  /** Makes keys and hashes the password (up to a second). Nothing is stored before `finish`. */
  register(userName: string, password: string): Promise<Result<Registration, NameFailure | PasswordFailure>>;
  logIn(userName: string, password: string): Promise<Result<undefined, LogInFailure>>;
}
/** How a person who is outside gets in otherwise, or gives up. */
export interface OtherWaysIn {
  /** Whether the account has a passkey in this browser and the browser can ask for it. */
  hasPasskey(userName: string): Promise<boolean>;
  /** Not slowed down by wrong passwords: there is nothing to guess. */
  logInWithPasskey(userName: string): Promise<Result<undefined, PasskeyFailure | { readonly kind: 'no-such-account' | 'vault-damaged' }>>;
  /** With the 24 words, to set a new password. Up to a second. Goes in. */
  recover(
    userName: string,
    words: string,
    newPassword: string,
  ): Promise<Result<undefined, WordsFailure | PasswordFailure | { readonly kind: 'no-such-account' | 'vault-damaged' }>>;
  /** Deletes an account one cannot or does not want to open any more, with all its data. Irrevocable. */
  forgetAccount(userName: string): Promise<Result<undefined, { readonly kind: 'no-such-account' }>>;
  /** Reads a backup into this browser and goes in. */
  restore(file: Blob, key: BackupKey, progress: (part: number) => void): Promise<Result<undefined, RestoreFailure>>;
}

/** Which words are wrong, counted from 1; or that all are words and the phrase is not one (a slip in the order, or another's). */
export type WordsFailure =
  | { readonly kind: 'words-count'; readonly count: number }
  | { readonly kind: 'words-unknown'; readonly places: readonly number[] }
  | { readonly kind: 'words-wrong' };
/** No try is allowed before `until` (milliseconds since 1970). */
export type LockedOut = { readonly kind: 'locked-out'; readonly until: number };
export type PasskeyFailure =
  { readonly kind: 'passkey-cancelled' } | { readonly kind: 'passkey-unsupported' } | { readonly kind: 'passkey-unknown' };

/**
 * What opens a backup: the password it was made with, which is then the account's password in this browser; or the account's
 * 24 words, and a password to be.
 */
export type BackupKey =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'words'; readonly words: string; readonly newPassword: string };
export type RestoreFailure =
  | StorageFailure
  | WordsFailure
  | { readonly kind: 'backup-foreign' }
  | { readonly kind: 'backup-newer' }
  | { readonly kind: 'backup-damaged' }
  | { readonly kind: 'backup-wrong-key' }
  /** Of `newPassword`. */
  | PasswordFailure
  /** This very account is in this browser already. */
  | { readonly kind: 'account-exists' }
  /** Another account of this browser goes by the name. */
  | { readonly kind: 'name-taken' };

export interface PasswordStrength {
  readonly score: 0 | 1 | 2 | 3 | 4;
  readonly enough: boolean;
}
export type NameFailure =
  { readonly kind: 'name-empty' } | { readonly kind: 'name-too-long'; readonly limit: number } | { readonly kind: 'name-taken' };
export type PasswordFailure = { readonly kind: 'password-weak' };
/** `no-such-account` is told apart from a wrong password: this browser's owner may know which accounts it has. */
export type LogInFailure =
  | { readonly kind: 'no-such-account' }
  /** `freeTries`: how many more wrong ones before waiting begins. */
  | { readonly kind: 'wrong-password'; readonly freeTries: number }
  | LockedOut
  | { readonly kind: 'vault-damaged' };

export interface Registration {
  /** 24 words, the only time they are shown. */
  readonly words: readonly string[];
  /** Stores the account and opens it; the gate moves to `inside`. */
  finish(): Promise<Result<undefined, StorageFailure>>;
}

export type StorageFailure = { readonly kind: 'storage-full' } | { readonly kind: 'storage-refused' };

export interface Home {
  readonly me: Me;
  readonly connection: Observable<RendezvousState>;
  /** False when this browser has no WebRTC or it is switched off: reading works, talking does not. */
  readonly canConnect: boolean;
  reconnect(): void;
  readonly presence: {
    readonly mine: Observable<{ readonly chosen: OwnPresence; readonly shown: OwnPresence }>;
    choose(presence: OwnPresence): void;
    readonly contacts: Observable<ReadonlyMap<AccountId, SeenPresence>>;
  };
  readonly links: Observable<ReadonlyMap<AccountId, LinkState>>;
  readonly contacts: {
    watch(): Observable<readonly Contact[]>;
    invites(): Observable<readonly OpenInvite[]>;
    invite(): Promise<Result<OpenInvite, StorageFailure>>;
    withdraw(inviteId: string): Promise<void>;
    /** What a link or a pasted text invites to; undefined when it is no invite at all. */
    read(link: string): Result<ReceivedInvite, InviteFailure>;
    accept(invite: ReceivedInvite): Promise<Result<AccountId, InviteFailure | StorageFailure>>;
    /** Why an accepted invite did not become a contact, told when it is known. */
    readonly acceptFailures: Observable<readonly AcceptFailure[]>;
    dismissFailure(failure: AcceptFailure): void;
    remove(contact: AccountId): Promise<void>;
  };
  readonly chat: {
    conversations(): Observable<readonly Conversation[]>;
    timeline(conversation: ConversationId, limit: number): Observable<readonly Message[]>;
    send(conversation: ConversationId, text: string): Promise<Result<MessageId, SendFailure>>;
    saveDraft(conversation: ConversationId, draft: string): Promise<void>;
    markRead(conversation: ConversationId): Promise<void>;
    /** Told which chat is on screen, or that none is, so that a link is ready before the first message. */
    opened(conversation: ConversationId | undefined): void;
  };
  /** Takes an invite from the address this page was opened with, once; undefined when there is none. */
  readonly arrivedWith: Observable<string | undefined>;
  forgetArrival(): void;
  readonly security: Security;
  readonly backup: Backup;
  readonly trust: Trust;
  readonly groups: Groups;
  readonly files: Files;
  readonly calls: Calls;
  lock(): Promise<void>;
  logOut(): Promise<void>;
}

/** Settings of the vault. */
export interface Security {
  readonly settings: Observable<SecuritySettings>;
  change(settings: SecuritySettings): Promise<Result<undefined, StorageFailure>>;
  strengthOf(password: string): Promise<PasswordStrength>;
  /** Up to two seconds. */
  changePassword(
    current: string,
    next: string,
  ): Promise<Result<undefined, { readonly kind: 'wrong-password' } | LockedOut | PasswordFailure | StorageFailure>>;
  /** False where the browser has no passkeys that can hold a key (WebAuthn PRF). */
  readonly canHavePasskey: boolean;
  readonly passkeys: Observable<readonly { readonly id: string; readonly created: number }[]>;
  /** `passkey-exists`: the chosen device or key has one of this account already. */
  addPasskey(): Promise<Result<undefined, PasskeyFailure | { readonly kind: 'passkey-exists' } | StorageFailure>>;
  removePasskey(id: string): Promise<Result<undefined, StorageFailure>>;
  /** Deletes this account with all its data from this browser and leaves. Asks for the password once more. */
  deleteAccount(password: string): Promise<Result<undefined, { readonly kind: 'wrong-password' } | LockedOut>>;
}

export interface SecuritySettings {
  /** Locks by itself after so many minutes without a key, touch or pointer; undefined: never. */
  readonly lockAfterMinutes: number | undefined;
  /** Locks as soon as the page is hidden. */
  readonly lockWhenHidden: boolean;
  /** How many hours a log-in lasts over reloads and closed tabs on this device; 0: every time the password. */
  readonly staysInHours: number;
}

export interface Backup {
  /** When the last one was made (milliseconds since 1970); undefined: never, and a reminder is due. */
  readonly lastMade: Observable<number | undefined>;
  /** One encrypted file. `password` opens it, and so do the account's 24 words. `progress`: 0 to 1. */
  make(
    password: string,
    progress: (part: number) => void,
  ): Promise<Result<{ readonly file: Blob; readonly name: string }, PasswordFailure | StorageFailure>>;
}

export interface Trust {
  /** The 60 digits both see when nobody is in between, in twelve groups of five; and what a QR code of it holds. */
  safetyNumber(contact: AccountId): Promise<{ readonly groups: readonly string[]; readonly code: Uint8Array }>;
  /** Compares what was scanned from the other's screen. Marks the contact verified when it fits. */
  checkScanned(
    contact: AccountId,
    scanned: Uint8Array,
  ): Promise<Result<undefined, { readonly kind: 'code-foreign' } | { readonly kind: 'code-differs' }>>;
  /** By the person's own word that the numbers are equal; or that they no longer hold it so. */
  setVerified(contact: AccountId, verified: boolean): Promise<void>;
  /** The person has looked at why a contact is in review (`Contact.review`) and goes on: what waits for them is sent. */
  acknowledgeReview(contact: AccountId): Promise<void>;
  /** The camera for scanning; the caller stops the stream's tracks. */
  openCamera(): Promise<Result<MediaStream, { readonly kind: 'no-camera' } | { readonly kind: 'camera-refused' }>>;
}

export interface Me {
  readonly id: AccountId;
  readonly name: string;
}

export type LinkState = 'connecting' | 'direct' | 'relayed';

export interface OpenInvite {
  readonly id: string;
  readonly link: string;
  readonly expires: number;
}

export interface ReceivedInvite {
  readonly from: AccountId;
  /** As the link says; unproven. May be empty. */
  readonly name: string;
  readonly expires: number;
  readonly link: string;
}

export type InviteFailure =
  | { readonly kind: 'not-an-invite' }
  | { readonly kind: 'invite-damaged' }
  | { readonly kind: 'invite-expired' }
  | { readonly kind: 'invite-own' };

export interface AcceptFailure {
  readonly contact: AccountId;
  readonly name: string;
  /** `used`: somebody else took it, or it was withdrawn. `refused`: the other side could not prove to be the inviter. */
  readonly kind: 'invite-expired' | 'invite-used' | 'invite-refused';
}

/** To a contact whose `review` is open, sending works: the message is stored, and waits (`queued`) until the review is done. */
export type SendFailure =
  StorageFailure | { readonly kind: 'text-empty' } | { readonly kind: 'text-too-long'; readonly bytes: number; readonly limit: number };

export interface Trouble {
  readonly kind: 'storage-full' | 'storage-refused' | 'unexpected';
  readonly detail: string;
}

export type GroupFailure = ActFailure | StorageFailure;
type Act = Promise<Result<undefined, GroupFailure>>;

/** Groups. Talking in one is `chat` with its conversation (`conversationOf`), but for `send`, which may call people. */
export interface Groups {
  /** All groups this browser knows, those that are over included. */
  watch(): Observable<readonly Group[]>;
  create(group: {
    readonly name: string;
    readonly picture: Uint8Array | undefined;
    readonly members: readonly AccountId[];
    readonly policy: GroupPolicy;
  }): Promise<Result<GroupId, GroupFailure>>;
  send(
    group: GroupId,
    text: string,
    mentions: { readonly all: boolean; readonly accounts: readonly AccountId[] },
  ): Promise<
    Result<
      MessageId,
      GroupFailure | { readonly kind: 'text-empty' } | { readonly kind: 'text-too-long'; readonly bytes: number; readonly limit: number }
    >
  >;
  /** Who has a message and who has read it. */
  spread(group: GroupId, message: MessageId): Observable<Spread>;
  /** One message of the group's talk, for what is pinned; undefined when it has not come yet. */
  message(group: GroupId, message: MessageId): Promise<Message | undefined>;
  /** Everything on screen has been read, the announcement too if it was shown. Called beside `chat.markRead`. */
  markRead(group: GroupId, announcement: OperationId | undefined): Promise<void>;

  // ————— coming in —————
  /** Asks friends; each decides for themselves. */
  inviteFriends(group: GroupId, friends: readonly AccountId[]): Act;
  /** A link to hand on, and what its QR code holds. */
  makeInvite(
    group: GroupId,
    options: { readonly mode: 'auto' | 'approval'; readonly expires: number | undefined; readonly uses: number | undefined },
  ): Promise<Result<{ readonly id: string; readonly link: string }, GroupFailure>>;
  revokeInvite(group: GroupId, inviteId: string): Act;
  /** What a link or pasted text invites to; undefined when it is no group invitation (it may be a person's). */
  read(link: string): Result<ReceivedGroupInvite, GroupInviteFailure> | undefined;
  /** Joins, or applies where approval is asked for. `greeting`: a word to the admins. */
  join(invite: ReceivedGroupInvite, greeting: string): Promise<Result<GroupId, GroupInviteFailure | StorageFailure>>;
  /** Invitations from friends that wait for a decision. */
  readonly invitations: Observable<readonly { readonly from: AccountId; readonly invite: ReceivedGroupInvite }[]>;
  declineInvitation(invite: ReceivedGroupInvite): Promise<void>;
  /** Lets in somebody who applied, or again somebody an `ejected` alert names. */
  approve(group: GroupId, applicant: AccountId): Act;
  decline(group: GroupId, applicant: AccountId): Act;

  // ————— acts —————
  /** Where I have only applied: withdraws the application. */
  leave(group: GroupId): Act;
  remove(group: GroupId, member: AccountId): Act;
  setAdmin(group: GroupId, member: AccountId, admin: boolean): Act;
  mute(group: GroupId, member: AccountId, until: MutedUntil | undefined): Act;
  muteAll(group: GroupId, muted: boolean): Act;
  rename(group: GroupId, name: string): Act;
  setPicture(group: GroupId, picture: Uint8Array | undefined): Act;
  setTopic(group: GroupId, topic: string): Act;
  announce(group: GroupId, text: string): Act;
  pin(group: GroupId, message: MessageId, pinned: boolean): Act;
  setPolicy(group: GroupId, policy: GroupPolicy): Act;
  setNickname(group: GroupId, nickname: string): Act;
  /** Offers the ownership to an admin, who has to accept. Undefined withdraws the offer. */
  offerOwnership(group: GroupId, admin: AccountId | undefined): Act;
  acceptOwnership(group: GroupId): Act;
  disband(group: GroupId): Act;
  setNotify(group: GroupId, level: NotifyLevel): Act;
  dismissAlert(group: GroupId, index: number): Promise<void>;
  /** Deletes a group that is over, with its talk, from this browser. */
  forget(group: GroupId): Promise<void>;

  /** The notes all members edit together. Open while somebody looks. */
  openBoard(group: GroupId): Promise<Board>;
}

export interface ReceivedGroupInvite {
  readonly group: GroupId;
  /** As the link says; unproven. */
  readonly name: string;
  readonly link: string;
  readonly expires: number | undefined;
}

export type GroupInviteFailure =
  | { readonly kind: 'invite-damaged' }
  | { readonly kind: 'invite-expired' }
  | { readonly kind: 'already-a-member'; readonly group: GroupId };

/** A text all members edit at once. Positions count UTF-16 units. */
export interface Board {
  readonly content: Observable<BoardContent>;
  /** Where the others are. */
  readonly cursors: Observable<readonly BoardCursor[]>;
  /** False when the group is over. */
  readonly canEdit: Observable<boolean>;
  /** Nothing more fits (MAX_BOARD_BYTES): an edit that would add is refused, deleting makes room. */
  readonly isFull: Observable<boolean>;
  /**
   * Replaces `remove` units at `at` by `insert`, as one edit. `content` tells of it before this returns, so that what is typed
   * and what is shown never drift apart; when it does not, the edit was refused.
   */
  edit(at: number, remove: number, insert: string): void;
  setCursor(range: { readonly from: number; readonly to: number } | undefined): void;
  close(): void;
}

export interface BoardContent {
  readonly text: string;
  /** Where a position in the text before has come to: what keeps one's own cursor in place while others write. */
  readonly moved: (position: number) => number;
}

export interface BoardCursor {
  readonly account: AccountId;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}
