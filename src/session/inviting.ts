/**
 * The inviter's side of one invite: lets whoever holds the link prove themselves, takes the first as a contact, and tells
 * those who come after them that it is used (PROTOCOL.md I4–I7).
 */
import { introduce } from '../contacts/acquaintance.ts';
import { claim, isAlive, pairSecretOf, withFailure } from '../contacts/invites.ts';
import type { Contact, Invite } from '../contacts/ports.ts';
import type { VerifiedDevice } from '../identity/device.ts';
import { cleanName } from '../identity/user-name.ts';
import { toBase64url, type Bytes } from '../lib/bytes.ts';
import { Serial } from '../lib/serial.ts';
import type { Write } from '../lib/write.ts';
import type { FrameOf } from '../protocol/frame.ts';
import { inviterMeeting, SignalBox, type Meeting } from './meeting.ts';
import { signalBodyOf, type IntroductionContext } from './introduction-context.ts';
import type { TopicMembership } from './ports.ts';
import { SecureLink, type SecureLinkClosure } from './secure-link.ts';

/** People who may be proving themselves on one invite at once (H9): each costs a connection and a key agreement. */
const MAX_UNPROVEN = 3;
/** Links on one invite at once, proven ones included: the invitee needs one, and one more after losing it. */
const MAX_LINKS = 6;
/** A browser's timer can wait no longer than 2^31 − 1 ms. */
export const LONGEST_TIMER_MS = 2_147_483_647;

export interface InvitingEvents {
  introduced(contact: Contact): void;
  /** The invite has expired or is withdrawn for failed proofs, and gone from the store. */
  over(): void;
  /** Saving failed. */
  stalled(reason: unknown): void;
}

export class Inviting {
  readonly #context: IntroductionContext;
  readonly #events: InvitingEvents;
  readonly #meeting: Meeting;
  readonly #box: SignalBox;
  readonly #membership: TopicMembership;
  readonly #stopTimer: () => void;
  readonly #links = new Map<string, SecureLink>();
  readonly #serial = new Serial();
  #invite: Invite;

  constructor(context: IntroductionContext, invite: Invite, events: InvitingEvents) {
    this.#context = context;
    this.#box = new SignalBox(context.run);
    this.#events = events;
    this.#invite = invite;
    this.#meeting = inviterMeeting(invite.secret);
    const listener = { peersChanged: () => undefined, received: (body: Bytes) => this.#received(body) };
    this.#membership = context.rendezvous.join(this.#meeting.topic, this.#meeting.me, listener, { quiet: false });
    const left = Math.max(0, invite.expires - context.clock.now());
    this.#stopTimer = context.clock.after(Math.min(left, LONGEST_TIMER_MS), () => this.#run(() => this.#endIfDead()));
  }

  get claimedBy(): Invite['claimedBy'] {
    return this.#invite.claimedBy;
  }

  close(): void {
    this.#stopTimer();
    this.#membership.leave();
    for (const link of [...this.#links.values()]) link.close();
  }

  /** The talk with the invitee has begun, so their confirmation was merely lost (I6). */
  settle(): void {
    this.#run(() => this.#markUsed());
  }

  #received(sealed: Bytes): void {
    const opened = this.#box.open(this.#meeting, sealed);
    if (!opened.ok) return;
    const { body } = opened.value;
    if (body.type === 'offer') this.#answer(body.link, body.sdp);
    if (body.type === 'candidates') this.#links.get(toBase64url(body.link))?.signal(body);
  }

  #answer(id: Bytes, sdp: string): void {
    const { me, maker, clock, rendezvous } = this.#context;
    const name = toBase64url(id);
    const unproven = [...this.#links.values()].filter(({ phase }) => phase !== 'open').length;
    if (unproven >= MAX_UNPROVEN || this.#links.size >= MAX_LINKS || this.#links.has(name)) return;
    let peer: VerifiedDevice | undefined;
    const link: SecureLink = new SecureLink({
      role: 'answerer',
      maker,
      clock,
      iceServers: rendezvous.iceServers(),
      handshake: { device: me, psk: this.#invite.secret, expects: (account) => account !== me.account, minimumListVersion: () => 0 },
      events: {
        signal: (signal) => this.#membership.publish(this.#box.seal(this.#meeting, signalBodyOf(id, signal), clock.now())),
        established: (device) => {
          peer = device;
        },
        frame: (frame) => {
          const device = peer;
          if (device && frame.type === 'contactRequest') this.#run(() => this.#requested(link, device, frame));
          if (device && frame.type === 'contactConfirm') this.#run(() => this.#confirmed(device));
        },
        drained: () => undefined,
        closed: (closure) => {
          this.#links.delete(name);
          this.#countFailure(closure);
        },
      },
    });
    this.#links.set(name, link);
    link.signal({ type: 'offer', sdp });
  }

  async #requested(link: SecureLink, peer: VerifiedDevice, request: FrameOf<'contactRequest'>): Promise<void> {
    const { store, clock, me, name, notices } = this.#context;
    const claimed = claim(this.#invite, peer.account, clock.now());
    if (!claimed.ok) {
      link.close('invite-used');
      return;
    }
    const pairSecret = pairSecretOf(
      { account: me.account, share: claimed.value.pairShare },
      { account: peer.account, share: request.pairShare },
    );
    const introduced = introduce({ device: peer, name: cleanName(request.name), pairSecret }, await store.contacts(), clock.now());
    if (!introduced) {
      link.close('protocol');
      return;
    }
    const { contact } = introduced;
    await this.#save(claimed.value, store.putContact(contact), ...(await notices(contact.id, introduced.notices)));
    link.send({ type: 'contactAccept', name, pairShare: claimed.value.pairShare });
    this.#events.introduced(contact);
  }

  async #confirmed(peer: VerifiedDevice): Promise<void> {
    if (this.#invite.claimedBy === peer.account) await this.#markUsed();
  }

  async #markUsed(): Promise<void> {
    if (!this.#invite.used) await this.#save({ ...this.#invite, used: true });
  }

  async #save(invite: Invite, ...others: readonly Write[]): Promise<void> {
    const { store } = this.#context;
    await store.commit([store.putInvite(invite), ...others]);
    this.#invite = invite;
  }

  #countFailure(closure: SecureLinkClosure): void {
    if (closure.reason !== 'handshake-refused') return;
    this.#run(async () => {
      await this.#save(withFailure(this.#invite));
      await this.#endIfDead();
    });
  }

  async #endIfDead(): Promise<void> {
    if (!isAlive(this.#invite, this.#context.clock.now())) await this.#end();
  }

  async #end(): Promise<void> {
    const { store } = this.#context;
    await store.commit([store.deleteInvite(this.#invite.id)]);
    this.#events.over();
  }

  #run(step: () => Promise<void>): void {
    this.#serial.run(step).catch((reason: unknown) => this.#events.stalled(reason));
  }
}
