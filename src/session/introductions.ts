/**
 * How people become contacts over links made with invites (PROTOCOL.md I1–I8): the invitee asks, the inviter stores and
 * accepts, the invitee stores and confirms, and only then is the invite used. Whatever step is lost, the next meeting takes
 * it up again. This file keeps the introductions under way; inviting.ts and approach.ts are the two sides of one.
 */
import { isAlive } from '../contacts/invites.ts';
import type { Contact, Invite } from '../contacts/ports.ts';
import { decode } from '../protocol/codec.ts';
import type { AccountId } from '../protocol/ids.ts';
import { invitation as invitationCodec } from '../protocol/invitation.ts';
import { Approach, type ApproachFailure } from './approach.ts';
import type { IntroductionContext } from './introduction-context.ts';
import { Inviting } from './inviting.ts';

export interface IntroductionEvents {
  /** Stored as an active contact: the talk may begin. */
  introduced(contact: Contact): void;
  /** An accepted invite came to nothing; a contact that was to come of it is gone again. */
  failed(contact: Contact, failure: ApproachFailure): void;
  /** Saving failed. */
  stalled(reason: unknown): void;
}

export class Introductions {
  readonly #context: IntroductionContext;
  readonly #events: IntroductionEvents;
  readonly #inviting = new Map<string, Inviting>();
  readonly #approaches = new Map<AccountId, Approach>();

  constructor(context: IntroductionContext, events: IntroductionEvents) {
    this.#context = context;
    this.#events = events;
  }

  /** Takes up what was under way when the app was last open, and clears away what has expired meanwhile. */
  async resume(): Promise<void> {
    const { store, clock } = this.#context;
    const invites = await store.invites();
    const dead = invites.filter((invite) => !isAlive(invite, clock.now()));
    if (dead.length > 0) await store.commit(dead.map(({ id }) => store.deleteInvite(id)));
    for (const invite of invites) if (!dead.includes(invite)) this.offer(invite);
    for (const contact of await store.contacts()) this.accept(contact);
  }

  /** Waits for somebody to come with the invite, until it is used up or has expired. */
  offer(invite: Invite): void {
    const inviting = new Inviting(this.#context, invite, {
      introduced: (contact) => {
        this.cancel(contact.id);
        this.#events.introduced(contact);
      },
      over: () => this.withdraw(invite.id),
      stalled: (reason) => this.#events.stalled(reason),
    });
    this.#inviting.set(invite.id, inviting);
  }

  /** Stops waiting; removing the invite from the store is the caller's. */
  withdraw(inviteId: string): void {
    this.#inviting.get(inviteId)?.close();
    this.#inviting.delete(inviteId);
  }

  /** Goes to meet the inviter, if their invite is waiting to be answered, until they have accepted or it has expired. */
  accept(contact: Contact): void {
    if (!contact.acceptance) return;
    const invitation = decode(invitationCodec, contact.acceptance.invitation);
    if (!invitation.ok) return;
    this.cancel(contact.id);
    const approach = new Approach(this.#context, {
      contact,
      invitation: invitation.value,
      pairShare: contact.acceptance.pairShare,
      events: {
        introduced: (active) => {
          this.cancel(active.id);
          this.#events.introduced(active);
        },
        failed: (failure) => {
          this.cancel(contact.id);
          this.#events.failed(contact, failure);
        },
        stalled: (reason) => this.#events.stalled(reason),
      },
    });
    this.#approaches.set(contact.id, approach);
  }

  /** Gives an accepted invite up; removing the contact from the store is the caller's. */
  cancel(contact: AccountId): void {
    this.#approaches.get(contact)?.close();
    this.#approaches.delete(contact);
  }

  /** The talk with them has begun, so the invite they came with has done its work. */
  settle(contact: AccountId): void {
    for (const inviting of this.#inviting.values()) if (inviting.claimedBy === contact) inviting.settle();
  }

  close(): void {
    for (const open of [...this.#inviting.values(), ...this.#approaches.values()]) open.close();
    this.#inviting.clear();
    this.#approaches.clear();
  }
}
