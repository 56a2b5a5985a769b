/**
 * What the screens need of the house: state to watch, verbs to call. `app/` provides it, `context.ts` hands it down.
 *
 * Verbs return their expected failures as values, each with a `kind` the languages have a sentence for. What cannot be
 * expected goes to the app's one funnel and shows up in `Parley.troubles`.
 */
import type { Contact } from '../contacts/ports.ts';
import type { Conversation, Message } from '../chat/ports.ts';
import type { Observable } from '../lib/observable.ts';
import type { Result } from '../lib/result.ts';
import type { OwnPresence, SeenPresence } from '../presence/ports.ts';
import type { AccountId, ConversationId, MessageId } from '../protocol/ids.ts';
import type { RendezvousState } from '../session/ports.ts';

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

export interface Door {
  checkName(userName: string): Promise<Result<undefined, NameFailure>>;
  /** 0 (guessed at once) to 4 (strong); 3 and up is accepted. `userName` counts against a password made from it. */
  strengthOf(password: string, userName: string): Promise<PasswordStrength>;
  /** Makes keys and hashes the password (up to a second). Nothing is stored before `finish`. */
  register(userName: string, password: string): Promise<Result<Registration, NameFailure | PasswordFailure>>;
  logIn(userName: string, password: string): Promise<Result<undefined, LogInFailure>>;
}
export interface PasswordStrength {
  readonly score: 0 | 1 | 2 | 3 | 4;
  readonly enough: boolean;
}
export type NameFailure =
  { readonly kind: 'name-empty' } | { readonly kind: 'name-too-long'; readonly limit: number } | { readonly kind: 'name-taken' };
export type PasswordFailure = { readonly kind: 'password-weak' };
/** `no-such-account` is told apart from a wrong password: this browser's owner may know which accounts it has. */
export type LogInFailure = { readonly kind: 'no-such-account' } | { readonly kind: 'wrong-password' } | { readonly kind: 'vault-damaged' };

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
  lock(): Promise<void>;
  logOut(): Promise<void>;
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
  | { readonly kind: 'invite-own' }
  | { readonly kind: 'already-contact'; readonly contact: AccountId };

export interface AcceptFailure {
  readonly contact: AccountId;
  readonly name: string;
  /** `used`: somebody else took it, or it was withdrawn. `refused`: the other side could not prove to be the inviter. */
  readonly kind: 'invite-expired' | 'invite-used' | 'invite-refused';
}

export type SendFailure =
  StorageFailure | { readonly kind: 'text-empty' } | { readonly kind: 'text-too-long'; readonly bytes: number; readonly limit: number };

export interface Trouble {
  readonly kind: 'storage-full' | 'storage-refused' | 'unexpected';
  readonly detail: string;
}
