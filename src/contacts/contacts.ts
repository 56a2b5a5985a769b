/** The people I know and the invites I have out: what the screens ask for and what a person does with them. */
import type { Clock } from '../lib/clock.ts';
import type { Observable } from '../lib/observable.ts';
import type { Result } from '../lib/result.ts';
import { randomBytes } from '../crypto/random.ts';
import { encode } from '../protocol/codec.ts';
import { PAIR_SHARE_BYTES } from '../protocol/frame.ts';
import type { AccountId } from '../protocol/ids.ts';
import { invitation } from '../protocol/invitation.ts';
import { examineInvite, inviteLink, newInvite, type ReadInvite, type ReadInviteFailure } from './invites.ts';
import type { Contact, ContactStore, Invite } from './ports.ts';

export interface ContactsOptions {
  readonly me: { readonly account: AccountId; readonly name: string };
  readonly store: ContactStore;
  readonly clock: Clock;
  /** Where the app is served; invites lead there. */
  readonly address: string;
}

export class Contacts {
  readonly #options: ContactsOptions;

  constructor(options: ContactsOptions) {
    this.#options = options;
  }

  watch(): Observable<readonly Contact[]> {
    return this.#options.store.watchContacts();
  }

  watchInvites(): Observable<readonly Invite[]> {
    return this.#options.store.watchInvites();
  }

  linkOf(invite: Invite): string {
    return inviteLink(invite, this.#options.me, this.#options.address);
  }

  /** Makes and stores an invite; rejects when the store refuses. */
  async invite(): Promise<{ readonly invite: Invite; readonly link: string }> {
    const { store, clock } = this.#options;
    const invite = newInvite(clock.now());
    await store.commit([store.putInvite(invite)]);
    return { invite, link: this.linkOf(invite) };
  }

  async withdraw(inviteId: string): Promise<void> {
    const { store } = this.#options;
    await store.commit([store.deleteInvite(inviteId)]);
  }

  examine(link: string): Result<ReadInvite, ReadInviteFailure> {
    const { me, clock } = this.#options;
    return examineInvite(link, { me: me.account, now: clock.now() });
  }

  /**
   * Stores that I took an invite, so that it goes on after a reload until the other side has answered. Of somebody who is a
   * contact already it renews what we share; all else stays.
   */
  async accept(read: ReadInvite): Promise<Contact> {
    const { store, clock } = this.#options;
    const known = (await store.contacts()).find(({ id }) => id === read.from);
    const fresh = {
      id: read.from,
      name: read.name,
      phase: 'accepting',
      pairSecret: undefined,
      deviceListVersion: 0,
      devices: [],
      verified: false,
      review: undefined,
      since: clock.now(),
    } as const;
    const contact: Contact = {
      ...(known ?? fresh),
      acceptance: { invitation: encode(invitation, read.invitation), pairShare: randomBytes(PAIR_SHARE_BYTES) },
    };
    await store.commit([store.putContact(contact)]);
    return contact;
  }
}
