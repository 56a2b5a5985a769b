/** One contact or fellow: the dialer that finds the way, the delivery that uses it, and the decision when a link is worth having. */
import { meetDevice } from '../contacts/acquaintance.ts';
import type { Contact, ContactNotice, ContactStore } from '../contacts/ports.ts';
import type { Device, VerifiedDevice } from '../identity/device.ts';
import { assertNever } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import type { Write } from '../lib/write.ts';
import type { Content } from '../protocol/content.ts';
import type { Frame } from '../protocol/frame.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { VisiblePresence } from '../protocol/signal.ts';
import { Delivery } from './delivery.ts';
import { Dialer } from './dialer.ts';
import type { EnvelopeCipher } from './envelope-cipher.ts';
import type { FellowTie } from './fellow.ts';
import { Lanes } from './lanes.ts';
import type { SignalBox } from './meeting.ts';
import type { Way } from './meeting-places.ts';
import type { NoticeWriter } from './notices.ts';
import type { LinkMaker, NewOutboxEntry, PeerState, Rendezvous, SessionStore } from './ports.ts';
import { isForFellows, type Router, type Standing } from './router.ts';
import type { SecureLink } from './secure-link.ts';

/** A link nobody uses or wants is dropped after this; another is made in a moment. */
const IDLE_MS = 300_000;
/** How often an open link is looked at for being idle. */
const IDLE_CHECK_MS = 60_000;

export type LinkState = 'connecting' | 'direct' | 'relayed';

/** A contact we can meet. */
export type MetContact = Contact & { readonly pairSecret: Bytes };

/** What somebody is to us: a contact, a fellow, or both. */
export interface Party {
  readonly id: AccountId;
  readonly contact: MetContact | undefined;
  readonly fellow: FellowTie | undefined;
}

export interface PeerSessionEvents {
  /** `here` or `linkState` may have changed. */
  changed(): void;
  arrived(): void;
  presenceTold(presence: VisiblePresence, wantsReply: boolean): void;
  secured(device: VerifiedDevice, standing: Standing): void;
  lost(): void;
  drained(): void;
  groupFrame(device: VerifiedDevice, body: Bytes): void;
  fileWord(device: VerifiedDevice, body: Bytes): void;
  fileChunk(body: Bytes): void;
  bulkDrained(): void;
  callWord(device: VerifiedDevice, body: Bytes): void;
  unreadable(): void;
  refused(type: Content['type']): void;
  stalled(reason: unknown): void;
}

/** What the sessions with all peers work with. */
export interface PeerContext {
  readonly me: Device;
  readonly rendezvous: Rendezvous;
  readonly maker: LinkMaker;
  readonly clock: Clock;
  readonly stores: { readonly contacts: ContactStore; readonly session: SessionStore };
  readonly cipher: EnvelopeCipher;
  readonly router: Router;
  readonly notices: NoticeWriter;
}

export interface PeerSessionOptions extends PeerContext {
  readonly party: Party;
  readonly box: SignalBox;
  readonly quiet: boolean;
  /** Whether a room above has a reason to want a link. */
  readonly wanted: () => boolean;
  readonly events: PeerSessionEvents;
}

export class PeerSession {
  readonly #options: PeerSessionOptions;
  readonly #delivery: Delivery;
  readonly #dialer: Dialer;
  #contact: Contact | undefined;
  #fellow: FellowTie | undefined;
  /** Who is at the other end of the link, and as what we met for it. */
  #linked: { readonly device: VerifiedDevice; readonly standing: Standing } | undefined;
  #relayed: boolean | undefined;
  #lastUsed: number;
  #lanes: Lanes | undefined;
  #stopIdleCheck: (() => void) | undefined;

  /** Takes up the talk where it was left. */
  static async open(options: PeerSessionOptions): Promise<PeerSession> {
    return new PeerSession(options, await options.stores.session.peer(options.party.id));
  }

  private constructor(options: PeerSessionOptions, saved: PeerState | undefined) {
    this.#options = options;
    const { party, stores, cipher, router, events } = options;
    this.#contact = party.contact;
    this.#fellow = party.fellow;
    this.#lastUsed = options.clock.now();
    this.#delivery = new Delivery(
      {
        peer: party.id,
        standing: () => this.standing,
        holds: (type) => this.#holds(type),
        store: stores.session,
        cipher,
        router,
        events: {
          broken: () => this.hangUp(),
          stalled: (reason) => {
            events.stalled(reason);
            this.hangUp();
          },
          unreadable: () => events.unreadable(),
          refused: (type) => events.refused(type),
          pendingChanged: () => this.decide(),
        },
      },
      saved,
    );
    this.#dialer = this.#createDialer(party);
  }

  #createDialer(party: Party): Dialer {
    const { me, rendezvous, maker, clock, box, quiet, events } = this.#options;
    return new Dialer({
      me,
      peer: party.id,
      ways: waysTo(party),
      minimumListVersion: () => Math.max(this.#contact?.deviceListVersion ?? 0, this.#fellow?.device.listVersion ?? 0),
      rendezvous,
      maker,
      clock,
      box,
      quiet,
      events: {
        hereChanged: (here) => {
          if (here) events.arrived();
          events.changed();
        },
        presenceTold: (presence, wantsReply) => events.presenceTold(presence, wantsReply),
        established: (link, peer, standing) => this.#established(link, peer, standing),
        frame: (frame) => this.#received(frame),
        drained: () => {
          this.#delivery.drained();
          events.drained();
        },
        bulkReceived: (message) => this.#receivedChunk(message),
        bulkDrained: () => events.bulkDrained(),
        lost: () => this.#lost(),
        changed: () => events.changed(),
      },
    });
  }

  /** Goes to meet them; events come from now on. */
  start(): void {
    this.#dialer.start();
    this.#delivery.start();
    this.decide();
  }

  /** What they are to us. A contact who is a fellow as well has all the rights of a contact. */
  get standing(): Standing {
    return this.#contact ? 'contact' : 'fellow';
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
    if (!this.#contact) return;
    this.#contact = { ...this.#contact, review };
    this.decide();
    this.#delivery.drained();
  }

  /** A contact has become a fellow as well, is none any more, or a fellow has come to another device. */
  fellowChanged(party: Party): void {
    this.#fellow = party.fellow;
    this.#dialer.setWays(waysTo(party));
  }

  // ————— for groups —————

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

  // ————— for files —————

  /** False when there is no link. */
  sendFileWord(body: Bytes): boolean {
    const { link } = this.#dialer;
    if (!link) return false;
    this.#lastUsed = this.#options.clock.now();
    link.send({ type: 'file', body });
    return true;
  }

  get bulkRoom(): number {
    return this.#lanes?.room ?? 0;
  }

  /** False when there is no link, or no room. */
  sendChunk(chunk: Bytes): boolean {
    const isSent = this.#lanes?.send(chunk) ?? false;
    if (isSent) this.#lastUsed = this.#options.clock.now();
    return isSent;
  }

  #receivedChunk(chunk: Bytes): void {
    this.#lastUsed = this.#options.clock.now();
    this.#options.events.fileChunk(chunk);
  }

  #createLanes(link: SecureLink): Lanes {
    const { maker, clock, rendezvous, events } = this.#options;
    return new Lanes({
      bulk: link.bulk,
      maker,
      clock,
      iceServers: () => rendezvous.iceServers(),
      events: {
        told: (body) => link.send({ type: 'lane', body }),
        received: (chunk) => this.#receivedChunk(chunk),
        drained: () => events.bulkDrained(),
        broken: () => this.hangUp(),
      },
    });
  }

  // ————— for calls —————

  /** False when there is no link. */
  sendCallWord(body: Bytes): boolean {
    const { link } = this.#dialer;
    link?.send({ type: 'call', body });
    return link !== undefined;
  }

  /** A link is worth having while something waits that may go, or a room wants one. */
  decide(): void {
    const writes = this.#delivery.pending && !this.#contact?.review;
    if (writes) this.#dialer.want([this.standing, 'fellow']);
    else this.#dialer.want(this.#options.wanted() ? ['fellow'] : []);
  }

  /** Fellows are many: who is not to be seen is not told of every change, as contacts are. */
  get isToldPresence(): boolean {
    return this.#contact !== undefined || this.#dialer.here;
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
    this.#lanes?.close();
    this.#dialer.close();
    await this.#delivery.close();
  }

  /** In review nothing leaves; and who knows us only as a fellow would refuse what goes between contacts (D10). */
  #holds(type: Content['type']): boolean {
    return this.#contact?.review !== undefined || (this.#linked?.standing === 'fellow' && !isForFellows(type));
  }

  #established(link: SecureLink, device: VerifiedDevice, standing: Standing): void {
    const { clock, events } = this.#options;
    this.#lastUsed = clock.now();
    this.#relayed = undefined;
    this.#linked = { device, standing };
    this.#meet(device);
    this.#lanes = this.#createLanes(link);
    this.#delivery.connect(link, device);
    this.#watchIdle();
    events.secured(device, standing);
    link.relayed().then(
      (relayed) => {
        this.#relayed = relayed;
        events.changed();
      },
      () => undefined,
    );
  }

  /** Remembers a contact's device and the version of its list, which can only grow (K4), and tells the person of one not met before (T3). */
  #meet(peer: VerifiedDevice): void {
    const before = this.#contact;
    if (!before) return;
    const met = meetDevice(before, peer);
    if (met.contact.deviceListVersion === before.deviceListVersion && met.contact.devices === before.devices) return;
    this.#contact = met.contact;
    this.#remember(peer, met.notices).catch((reason: unknown) => this.#options.events.stalled(reason));
  }

  async #remember(peer: VerifiedDevice, notices: readonly ContactNotice[]): Promise<void> {
    const { notices: writesOf, stores, party } = this.#options;
    const { contacts } = stores;
    await contacts.commit([
      contacts.updateContact(party.id, (before) => meetDevice(before, peer).contact),
      ...(await writesOf(party.id, notices)),
    ]);
  }

  #lost(): void {
    this.#stopIdleCheck?.();
    this.#linked = undefined;
    this.#lanes?.close();
    this.#lanes = undefined;
    this.#delivery.disconnect();
    this.#options.events.lost();
  }

  #received(frame: Frame): void {
    const { clock, events } = this.#options;
    switch (frame.type) {
      case 'hello':
      case 'prekeys':
      case 'ack':
      case 'reset':
        this.#delivery.receive(frame);
        break;
      case 'envelope':
        this.#lastUsed = clock.now();
        this.#delivery.receive(frame);
        break;
      case 'presence':
        events.presenceTold(frame.presence, false);
        break;
      case 'group':
        this.#lastUsed = clock.now();
        if (this.#linked) events.groupFrame(this.#linked.device, frame.body);
        break;
      case 'file':
        this.#lastUsed = clock.now();
        if (this.#linked) events.fileWord(this.#linked.device, frame.body);
        break;
      case 'lane':
        this.#lanes?.hear(frame.body);
        break;
      case 'call':
        this.#lastUsed = clock.now();
        if (this.#linked) events.callWord(this.#linked.device, frame.body);
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
    const { clock, wanted } = this.#options;
    this.#stopIdleCheck = clock.after(IDLE_CHECK_MS, () => {
      const idle = !wanted() && !this.#delivery.pending && clock.now() - this.#lastUsed >= IDLE_MS;
      if (idle) this.#dialer.hangUp('idle');
      else this.#watchIdle();
    });
  }
}

/** As contacts first: whatever goes between two may go that way. */
function waysTo({ contact, fellow }: Party): readonly Way[] {
  const ways: Way[] = [];
  if (contact) ways.push({ standing: 'contact', secret: contact.pairSecret });
  if (fellow) ways.push({ standing: 'fellow', secret: fellow.secret });
  return ways;
}
