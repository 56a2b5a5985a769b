/** What contacts are, and where they are kept. */
import type { Bytes } from '../lib/bytes.ts';
import type { Observable } from '../lib/observable.ts';
import type { Committer, Write } from '../lib/write.ts';
import type { AccountId } from '../protocol/ids.ts';

/**
 * `accepting`: I took their invite, their word is still out. `active`: we talk.
 * (Removed contacts are not kept.)
 */
export type ContactPhase = 'accepting' | 'active';

export interface Contact {
  readonly id: AccountId;
  /** As they call themselves; cleaned of control and direction characters before it is stored. */
  readonly name: string;
  readonly phase: ContactPhase;
  /** What topics and signal keys between us come from; 32 bytes. Unknown while `accepting`. */
  readonly pairSecret: Bytes | undefined;
  /** The highest version of their device list seen: a lower one is a rollback. */
  readonly deviceListVersion: number;
  /** Signing keys of the devices they were met with, newest last, at most MAX_DEVICES (T3). */
  readonly devices: readonly Bytes[];
  /** Both have compared the safety number, or one has scanned the other's code (T2). It is of accounts: new devices do not change it. */
  readonly verified: boolean;
  /** Why a person has to look before anything is sent to this contact (T4); undefined when there is nothing to look at. */
  readonly review: ContactReview | undefined;
  /** An invitation of theirs I took and they have not answered yet (encoded), and my half of the pair secret to be. */
  readonly acceptance: { readonly invitation: Bytes; readonly pairShare: Bytes } | undefined;
  readonly since: number;
}

/**
 * `same-name`: they are called like another contact and are somebody else: a friend who began anew, or an impostor. Messages
 * to them wait in the outbox until the person has decided.
 */
export interface ContactReview {
  readonly kind: 'same-name';
  readonly other: AccountId;
}

/**
 * What a person is told about a contact. `new-device`: they came with a device we had not met (a new browser, or restored
 * from a backup or the words); the account is the same. `same-name`: see `ContactReview`.
 */
export type ContactNotice = 'new-device' | 'same-name';

/** An invite of mine. It goes when it is withdrawn or has expired; until then a used one tells latecomers that it is. */
export interface Invite {
  /** 16 bytes in base64url. */
  readonly id: string;
  readonly secret: Bytes;
  readonly pairShare: Bytes;
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly created: number;
  /** Who came with it. From then on it is theirs alone. */
  readonly claimedBy: AccountId | undefined;
  /** They have confirmed: it has done its work. */
  readonly used: boolean;
  /** Wrong proofs so far; at five it is withdrawn. */
  readonly failures: number;
}

export interface ContactStore extends Committer {
  watchContacts(): Observable<readonly Contact[]>;
  contacts(): Promise<readonly Contact[]>;
  contact(id: AccountId): Promise<Contact | undefined>;
  invites(): Promise<readonly Invite[]>;
  watchInvites(): Observable<readonly Invite[]>;
  putContact(contact: Contact): Write;
  /** Rewrites the contact inside the transaction, so nothing written meanwhile is lost; one that is not there stays so. */
  updateContact(id: AccountId, change: (contact: Contact) => Contact): Write;
  /** Removes the contact row alone; what else goes with a contact, its own room removes. */
  deleteContact(id: AccountId): Write;
  putInvite(invite: Invite): Write;
  deleteInvite(id: string): Write;
}
