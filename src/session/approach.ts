/**
 * The invitee's side of one invite: finds the inviter, proves to be talking to them, asks, and stores the contact before
 * confirming (PROTOCOL.md I4–I6).
 */
import { introduce } from '../contacts/acquaintance.ts';
import { pairSecretOf } from '../contacts/invites.ts';
import type { Contact } from '../contacts/ports.ts';
import { randomBytes } from '../crypto/random.ts';
import type { VerifiedDevice } from '../identity/device.ts';
import { cleanName } from '../identity/user-name.ts';
import { equalBytes, type Bytes } from '../lib/bytes.ts';
import { Serial } from '../lib/serial.ts';
import type { FrameOf } from '../protocol/frame.ts';
import { MEMBER_TAG_BYTES } from '../protocol/ids.ts';
import type { Invitation } from '../protocol/invitation.ts';
import { LINK_ID_BYTES } from '../protocol/signal.ts';
import { Backoff } from './backoff.ts';
import { signalBodyOf, type IntroductionContext } from './introduction-context.ts';
import { LONGEST_TIMER_MS } from './inviting.ts';
import { inviteeMeeting, SignalBox, type Meeting } from './meeting.ts';
import type { TopicMembership } from './ports.ts';
import { SecureLink, type SecureLinkClosure } from './secure-link.ts';

export type ApproachFailure = 'invite-expired' | 'invite-used' | 'invite-refused';

export interface ApproachEvents {
  /** Stored on both sides. */
  introduced(contact: Contact): void;
  /** It came to nothing, for good. */
  failed(failure: ApproachFailure): void;
  /** Saving failed. */
  stalled(reason: unknown): void;
}

export interface ApproachOptions {
  readonly contact: Contact;
  readonly invitation: Invitation;
  readonly pairShare: Bytes;
  readonly events: ApproachEvents;
}

export class Approach {
  readonly #context: IntroductionContext;
  readonly #options: ApproachOptions;
  readonly #meeting: Meeting;
  readonly #box: SignalBox;
  readonly #membership: TopicMembership;
  readonly #stopExpiry: () => void;
  readonly #backoff = new Backoff();
  readonly #serial = new Serial();
  #inviterHere = false;
  #attempt: { readonly id: Bytes; readonly link: SecureLink } | undefined;
  #cancelRetry: (() => void) | undefined;
  #over = false;

  constructor(context: IntroductionContext, options: ApproachOptions) {
    this.#context = context;
    this.#box = new SignalBox(context.run);
    this.#options = options;
    this.#meeting = inviteeMeeting(options.invitation.secret, randomBytes(MEMBER_TAG_BYTES));
    const { them, topic, me } = this.#meeting;
    this.#membership = context.rendezvous.join(
      topic,
      me,
      {
        peersChanged: (peers) => {
          this.#inviterHere = them !== undefined && peers.has(them);
          this.#tryNow();
        },
        received: (body) => this.#received(body),
      },
      { quiet: false },
    );
    const left = options.invitation.expires * 1000 - context.clock.now();
    this.#stopExpiry = context.clock.after(Math.min(Math.max(0, left), LONGEST_TIMER_MS), () => this.#fail('invite-expired'));
  }

  close(): void {
    this.#over = true;
    this.#stopExpiry();
    this.#cancelRetry?.();
    this.#membership.leave();
    this.#attempt?.link.close();
  }

  #tryNow(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    if (this.#over || this.#attempt || !this.#inviterHere) return;
    const { me, maker, clock, rendezvous, name } = this.#context;
    const { invitation, contact, pairShare } = this.#options;
    const id = randomBytes(LINK_ID_BYTES);
    let peer: VerifiedDevice | undefined;
    const link: SecureLink = new SecureLink({
      role: 'offerer',
      maker,
      clock,
      iceServers: rendezvous.iceServers(),
      handshake: {
        device: me,
        psk: invitation.secret,
        expects: (account) => account === contact.id,
        minimumListVersion: () => contact.deviceListVersion,
      },
      events: {
        signal: (signal) => this.#membership.publish(this.#box.seal(this.#meeting, signalBodyOf(id, signal), clock.now())),
        established: (device) => {
          peer = device;
          link.send({ type: 'contactRequest', name, pairShare });
        },
        frame: (frame) => {
          const device = peer;
          if (device && frame.type === 'contactAccept') this.#run(() => this.#accepted(link, device, frame));
        },
        drained: () => undefined,
        closed: (closure) => this.#closed(closure),
      },
    });
    this.#attempt = { id, link };
  }

  #received(sealed: Bytes): void {
    const opened = this.#box.open(this.#meeting, sealed);
    if (!opened.ok) return;
    const { body } = opened.value;
    if (body.type !== 'answer' && body.type !== 'candidates') return;
    // Several invitees may be on the topic: what is for another names another link.
    if (this.#attempt && equalBytes(body.link, this.#attempt.id)) this.#attempt.link.signal(body);
  }

  async #accepted(link: SecureLink, peer: VerifiedDevice, accept: FrameOf<'contactAccept'>): Promise<void> {
    const { store, me, clock, notices } = this.#context;
    const { contact, pairShare, events } = this.#options;
    const pairSecret = pairSecretOf({ account: contact.id, share: accept.pairShare }, { account: me.account, share: pairShare });
    const introduced = introduce({ device: peer, name: cleanName(accept.name), pairSecret }, await store.contacts(), clock.now());
    if (!introduced) {
      link.close('protocol');
      return;
    }
    await store.commit([store.putContact(introduced.contact), ...(await notices(contact.id, introduced.notices))]);
    link.send({ type: 'contactConfirm' });
    events.introduced(introduced.contact);
  }

  #closed(closure: SecureLinkClosure): void {
    this.#attempt = undefined;
    if (this.#over) return;
    if (closure.reason === 'bye' && closure.bye === 'invite-used') this.#fail('invite-used');
    else if (closure.reason === 'handshake-refused') this.#fail('invite-refused');
    else if (closure.reason !== 'unsupported') this.#cancelRetry = this.#context.clock.after(this.#backoff.next(), () => this.#tryNow());
  }

  #fail(failure: ApproachFailure): void {
    if (this.#over) return;
    this.close();
    this.#run(async () => {
      const { store } = this.#context;
      const { contact, events } = this.#options;
      const { id, phase } = contact;
      await store.commit([
        phase === 'active' ? store.updateContact(id, (before) => ({ ...before, acceptance: undefined })) : store.deleteContact(id),
      ]);
      events.failed(failure);
    });
  }

  #run(step: () => Promise<void>): void {
    this.#serial.run(step).catch((reason: unknown) => this.#options.events.stalled(reason));
  }
}
