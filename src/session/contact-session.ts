/** One contact: the dialer that finds the way, the delivery that uses it, and the decision when a link is worth having. */
import { meetDevice } from '../contacts/acquaintance.ts';
import type { Contact, ContactNotice, ContactStore } from '../contacts/ports.ts';
import type { Device, VerifiedDevice } from '../identity/device.ts';
import { assertNever } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { Write } from '../lib/write.ts';
import type { Frame } from '../protocol/frame.ts';
import type { VisiblePresence } from '../protocol/signal.ts';
import { Delivery } from './delivery.ts';
import { Dialer } from './dialer.ts';
import type { EnvelopeCipher } from './envelope-cipher.ts';
import type { SignalBox } from './meeting.ts';
import type { NoticeWriter } from './notices.ts';
import type { LinkMaker, NewOutboxEntry, PeerState, Rendezvous, SessionStore } from './ports.ts';
import type { Router } from './router.ts';
import type { SecureLink } from './secure-link.ts';

/** A link nobody uses or looks at is dropped after this; another is made in a moment. */
const IDLE_MS = 300_000;
/** How often an open link is looked at for being idle. */
const IDLE_CHECK_MS = 60_000;

export type LinkState = 'connecting' | 'direct' | 'relayed';

export interface ContactSessionEvents {
  /** `here` or `linkState` may have changed. */
  changed(): void;
  arrived(): void;
  presenceTold(presence: VisiblePresence, wantsReply: boolean): void;
  secured(device: VerifiedDevice): void;
  lost(): void;
  drained(): void;
  groupFrame(device: VerifiedDevice, body: Bytes): void;
  unreadable(): void;
  stalled(reason: unknown): void;
}

export interface ContactSessionOptions {
  readonly me: Device;
  readonly contact: Contact & { readonly pairSecret: Bytes };
  readonly rendezvous: Rendezvous;
  readonly maker: LinkMaker;
  readonly clock: Clock;
  readonly stores: { readonly contacts: ContactStore; readonly session: SessionStore };
  readonly cipher: EnvelopeCipher;
  readonly router: Router;
  readonly box: SignalBox;
  readonly notices: NoticeWriter;
  readonly quiet: boolean;
  /** Whether a room above has a reason to want a link. */
  readonly wanted: () => boolean;
  readonly events: ContactSessionEvents;
}

export class ContactSession {
  readonly #options: ContactSessionOptions;
  readonly #delivery: Delivery;
  readonly #dialer: Dialer;
  #contact: Contact;
  #relayed: boolean | undefined;
  #device: VerifiedDevice | undefined;
  #lastUsed: number;
  #stopIdleCheck: (() => void) | undefined;

  /** Takes up the talk where it was left. */
  static async open(options: ContactSessionOptions): Promise<ContactSession> {
    const session = new ContactSession(options, await options.stores.session.peer(options.contact.id));
    await session.#delivery.start();
    return session;
  }

  /** Goes to meet them; events come from now on. */
  start(): void {
    this.#dialer.start();
  }

  private constructor(options: ContactSessionOptions, saved: PeerState | undefined) {
    this.#options = options;
    this.#delivery = new Delivery(
      {
        peer: options.contact.id,
        standing: () => 'contact',
        held: () => this.#contact.review !== undefined,
        store: options.stores.session,
        cipher: options.cipher,
        router: options.router,
        events: {
          broken: () => this.hangUp(),
          stalled: (reason) => {
            options.events.stalled(reason);
            this.hangUp();
          },
          unreadable: () => options.events.unreadable(),
          refused: () => options.events.unreadable(),
          pendingChanged: () => this.decide(),
        },
      },
      saved,
    );
    this.#contact = options.contact;
    this.#lastUsed = options.clock.now();
    this.#dialer = new Dialer({
      me: options.me,
      contact: options.contact.id,
      pairSecret: options.contact.pairSecret,
      minimumListVersion: () => this.#contact.deviceListVersion,
      rendezvous: options.rendezvous,
      maker: options.maker,
      clock: options.clock,
      box: options.box,
      quiet: options.quiet,
      events: {
        hereChanged: (here) => {
          if (here) options.events.arrived();
          options.events.changed();
        },
        presenceTold: (presence, wantsReply) => options.events.presenceTold(presence, wantsReply),
        established: (link, peer) => this.#established(link, peer),
        frame: (frame) => this.#received(frame),
        drained: () => {
          this.#delivery.drained();
          options.events.drained();
        },
        lost: () => this.#lost(),
        changed: () => options.events.changed(),
      },
    });
  }

  get here(): boolean {
    return this.#dialer.here;
  }

  get linkState(): LinkState | undefined {
    if (this.#dialer.link) return this.#relayed ? 'relayed' : 'direct';
    return this.#dialer.connecting ? 'connecting' : undefined;
  }

  reach(): void {
    this.#dialer.reach();
  }

  /** Stores contents for them, with `writes`, in one transaction; they leave when they can. Rejects when the store refuses. */
  send(entries: readonly NewOutboxEntry[], writes: readonly Write[]): Promise<void> {
    this.#lastUsed = this.#options.clock.now();
    return this.#delivery.send(entries, writes);
  }

  /** The person has decided something about them: what was held back may go, or may not any more. */
  contactChanged({ review }: Contact): void {
    this.#contact = { ...this.#contact, review };
    this.decide();
    this.#delivery.drained();
  }

  /** Bytes handed to the link and not yet sent. */
  get waiting(): number {
    return this.#dialer.link?.waiting ?? 0;
  }

  /** False when there is no link. */
  sendGroupFrame(body: Bytes): boolean {
    const { link } = this.#dialer;
    link?.send({ type: 'group', body });
    return link !== undefined;
  }

  /** A link is worth having while something waits that may go, or a room wants one. */
  decide(): void {
    this.#dialer.want(this.#options.wanted() || (this.#delivery.pending && !this.#contact.review));
  }

  tellPresence(presence: VisiblePresence, wantReply: boolean): void {
    this.#dialer.tellPresence(presence, wantReply);
  }

  setQuiet(quiet: boolean): void {
    this.#dialer.setQuiet(quiet);
  }

  /** The peer broke the protocol, or our store refused: this link ends, and what was on its way comes again on the next. */
  hangUp(): void {
    this.#dialer.hangUp('protocol');
  }

  async close(): Promise<void> {
    this.#stopIdleCheck?.();
    this.#dialer.close();
    await this.#delivery.close();
  }

  #established(link: SecureLink, peer: VerifiedDevice): void {
    this.#lastUsed = this.#options.clock.now();
    this.#relayed = undefined;
    this.#device = peer;
    this.#meet(peer);
    this.#delivery.connect(link, peer);
    this.#watchIdle();
    this.#options.events.secured(peer);
    link.relayed().then(
      (relayed) => {
        this.#relayed = relayed;
        this.#options.events.changed();
      },
      () => undefined,
    );
  }

  /** Remembers the device and the version of its list, which can only grow (K4), and tells the person of one not met before (T3). */
  #meet(peer: VerifiedDevice): void {
    const before = this.#contact;
    const met = meetDevice(before, peer);
    if (met.contact.deviceListVersion === before.deviceListVersion && met.contact.devices === before.devices) return;
    this.#contact = met.contact;
    this.#remember(peer, met.notices).catch((reason: unknown) => this.#options.events.stalled(reason));
  }

  async #remember(peer: VerifiedDevice, notices: readonly ContactNotice[]): Promise<void> {
    const { notices: writesOf, stores, contact } = this.#options;
    const { contacts } = stores;
    await contacts.commit([
      contacts.updateContact(contact.id, (before) => meetDevice(before, peer).contact),
      ...(await writesOf(contact.id, notices)),
    ]);
  }

  #lost(): void {
    this.#stopIdleCheck?.();
    this.#device = undefined;
    this.#delivery.disconnect();
    this.#options.events.lost();
  }

  #received(frame: Frame): void {
    switch (frame.type) {
      case 'hello':
      case 'prekeys':
      case 'ack':
      case 'reset':
        this.#delivery.receive(frame);
        break;
      case 'envelope':
        this.#lastUsed = this.#options.clock.now();
        this.#delivery.receive(frame);
        break;
      case 'presence':
        this.#options.events.presenceTold(frame.presence, false);
        break;
      case 'group':
        this.#lastUsed = this.#options.clock.now();
        if (this.#device) this.#options.events.groupFrame(this.#device, frame.body);
        break;
      // The frames of an invite or a door have no business here; `bye` ends in the link itself.
      case 'contactRequest':
      case 'contactAccept':
      case 'contactConfirm':
      case 'groupKnock':
      case 'groupWelcome':
      case 'bye':
        break;
      default:
        assertNever(frame);
    }
  }

  #watchIdle(): void {
    this.#stopIdleCheck?.();
    const { clock } = this.#options;
    this.#stopIdleCheck = clock.after(IDLE_CHECK_MS, () => {
      const idle = !this.#options.wanted() && !this.#delivery.pending && clock.now() - this.#lastUsed >= IDLE_MS;
      if (idle) this.#dialer.hangUp('idle');
      else this.#watchIdle();
    });
  }
}
