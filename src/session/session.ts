/**
 * Everything between this device and its contacts, put together: who is here, whom we are linked to, what is on its way.
 * Rooms above send contents through it and register for those that arrive; it knows none of them.
 */
import type { Contact, ContactStore, Invite } from '../contacts/ports.ts';
import { randomBytes } from '../crypto/random.ts';
import type { Device, VerifiedDevice } from '../identity/device.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { Clock } from '../lib/clock.ts';
import { Emitter } from '../lib/emitter.ts';
import type { Observable } from '../lib/observable.ts';
import type { Write } from '../lib/write.ts';
import type { Content } from '../protocol/content.ts';
import type { AccountId } from '../protocol/ids.ts';
import { INSTANCE_BYTES, type VisiblePresence } from '../protocol/signal.ts';
import type { ApproachFailure } from './approach.ts';
import type { CallChannel } from './call-channel.ts';
import { outboxContent } from './delivery.ts';
import type { EnvelopeCipher } from './envelope-cipher.ts';
import type { Fellow, GroupChannel } from './fellow.ts';
import type { FileChannel } from './file-channel.ts';
import { GroupDoors } from './group-doors.ts';
import type { IntroductionContext } from './introduction-context.ts';
import { Introductions } from './introductions.ts';
import type { GroupDoor, Knocking, KnockHandler, KnockOptions } from './knocking.ts';
import { AppRun } from './meeting.ts';
import { Notices, type NoticeKeeper } from './notices.ts';
import type { LinkState } from './peer-session.ts';
import { Peers } from './peers.ts';
import type { LinkMaker, Rendezvous, SessionStore } from './ports.ts';
import { Router, type ContentHandler } from './router.ts';

export interface SessionOptions {
  readonly me: Device;
  /** What contacts are told I am called. */
  readonly name: string;
  readonly rendezvous: Rendezvous;
  readonly maker: LinkMaker;
  readonly clock: Clock;
  readonly stores: { readonly contacts: ContactStore; readonly session: SessionStore };
  readonly cipher: EnvelopeCipher;
}

export type SessionEvents = {
  /** A contact or fellow came to the meeting place: they do not know our presence yet. */
  'contact-arrived': AccountId;
  'presence-told': { readonly contact: AccountId; readonly presence: VisiblePresence; readonly wantsReply: boolean };
  'contact-added': Contact;
  'invite-failed': { readonly contact: Contact; readonly failure: ApproachFailure };
  'link-secured': { readonly account: AccountId; readonly device: VerifiedDevice };
  'link-lost': AccountId;
  /** What was handed to their link has mostly left. */
  'link-drained': AccountId;
  /** A frame of a group, on a proven link. */
  'group-frame': { readonly from: AccountId; readonly device: VerifiedDevice; readonly body: Bytes };
  /** A word about a file, on a proven link: an encoded `fileWord`. */
  'file-word': { readonly from: AccountId; readonly device: VerifiedDevice; readonly body: Bytes };
  /** A chunk of a file, on a bulk channel of a proven link: an encoded `bulkChunk`. */
  'file-chunk': { readonly from: AccountId; readonly body: Bytes };
  /** There is room for chunks to them again. */
  'bulk-drained': AccountId;
  /** A word about a call, on a proven link to a contact or fellow: an encoded `callWord`. */
  'call-word': { readonly from: AccountId; readonly device: VerifiedDevice; readonly body: Bytes };
  /** A content arrived that this version cannot read. */
  'content-unreadable': AccountId;
  /** A content arrived that somebody who is no contact may not send; it is not shown. */
  'content-refused': { readonly from: AccountId; readonly type: Content['type'] };
  /** The store refused; nothing is lost, but it cannot go on until there is room. */
  'store-refused': unknown;
};

/** What one `send` hands over. */
export interface Outgoing {
  /** What the sending room calls it; given back when it is sent and delivered. */
  readonly reference: string;
  readonly content: Content;
  /** Saved in the same transaction as the outbox entry. */
  readonly writes: readonly Write[];
}

export class Session {
  readonly #options: SessionOptions;
  readonly #introductions: Introductions;
  readonly #peers: Peers;
  readonly #doors: GroupDoors;
  readonly #router = new Router();
  readonly #notices = new Notices();
  readonly #events = new Emitter<SessionEvents>();
  readonly #stopWatching: () => void;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { rendezvous } = options;
    const run = new AppRun(randomBytes(INSTANCE_BYTES));
    this.#peers = this.#createPeers(run);
    this.#introductions = this.#createIntroductions(run);
    this.#doors = this.#createDoors(run);
    const watching = rendezvous.state.subscribe(({ phase }) => {
      if (phase === 'online') this.#peers.reach();
    });
    this.#stopWatching = () => watching.unsubscribe();
  }

  #createPeers(run: AppRun): Peers {
    const { me, rendezvous, maker, clock, stores, cipher } = this.#options;
    const emit = <Name extends keyof SessionEvents>(name: Name, payload: SessionEvents[Name]) => this.#events.emit(name, payload);
    return new Peers({
      me,
      rendezvous,
      maker,
      clock,
      stores,
      cipher,
      router: this.#router,
      notices: this.#notices.write,
      run,
      events: {
        arrived: (account) => emit('contact-arrived', account),
        presenceTold: (contact, presence, wantsReply) => emit('presence-told', { contact, presence, wantsReply }),
        secured: (account, device, standing) => {
          if (standing === 'contact') this.#introductions.settle(account);
          emit('link-secured', { account, device });
        },
        lost: (account) => emit('link-lost', account),
        drained: (account) => emit('link-drained', account),
        groupFrame: (from, device, body) => emit('group-frame', { from, device, body }),
        fileWord: (from, device, body) => emit('file-word', { from, device, body }),
        fileChunk: (from, body) => emit('file-chunk', { from, body }),
        bulkDrained: (account) => emit('bulk-drained', account),
        callWord: (from, device, body) => emit('call-word', { from, device, body }),
        unreadable: (account) => emit('content-unreadable', account),
        refused: (from, type) => emit('content-refused', { from, type }),
        stalled: (reason) => emit('store-refused', reason),
      },
    });
  }

  #createIntroductions(run: AppRun): Introductions {
    const { me, name, rendezvous, maker, clock, stores } = this.#options;
    const context: IntroductionContext = { me, name, store: stores.contacts, rendezvous, maker, clock, run, notices: this.#notices.write };
    return new Introductions(context, {
      introduced: (contact) => {
        this.#introduced(contact).catch((reason: unknown) => this.#events.emit('store-refused', reason));
      },
      failed: (contact, failure) => this.#events.emit('invite-failed', { contact, failure }),
      stalled: (reason) => this.#events.emit('store-refused', reason),
    });
  }

  #createDoors(run: AppRun): GroupDoors {
    const { me, rendezvous, maker, clock } = this.#options;
    const minimumListVersion = (account: AccountId) => this.#peers.listVersionOf(account);
    return new GroupDoors({ me, rendezvous, maker, clock, run, minimumListVersion }, (reason) =>
      this.#events.emit('store-refused', reason),
    );
  }

  /** Takes up every talk and introduction where it was left. Rooms register before this. */
  async start(options: { readonly quiet: boolean }): Promise<void> {
    this.#doors.setQuiet(options.quiet);
    await this.#peers.start(await this.#options.stores.contacts.contacts(), options);
    await this.#introductions.resume();
  }

  async close(): Promise<void> {
    this.#stopWatching();
    this.#introductions.close();
    this.#doors.close();
    await this.#peers.close();
  }

  on<Name extends keyof SessionEvents>(name: Name, listener: (payload: SessionEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  register<Type extends Content['type']>(type: Type, handler: ContentHandler<Type>): void {
    this.#router.register(type, handler);
  }

  /** Who keeps what people have to be told about contacts. */
  keepNotices(keeper: NoticeKeeper): void {
    this.#notices.keepWith(keeper);
  }

  /** What the person decided about a contact has changed in the store: in review or no more. */
  contactChanged(contact: Contact): void {
    this.#peers.contactChanged(contact);
  }

  /** Contacts and fellows who are at the meeting place now, and not invisible. */
  get here(): Observable<ReadonlySet<AccountId>> {
    return this.#peers.here;
  }

  /** Contacts and fellows we are linked to, or about to be. */
  get links(): Observable<ReadonlyMap<AccountId, LinkState>> {
    return this.#peers.links;
  }

  /** Stores contents for a contact or fellow, with what the room stores for them, in one transaction. They leave when they can. */
  send(to: AccountId, outgoing: readonly Outgoing[]): Promise<void> {
    const writes = outgoing.flatMap((each) => each.writes);
    const entries = outgoing.map(({ reference, content }) => ({
      contact: to,
      reference,
      type: content.type,
      content: outboxContent(content),
    }));
    return this.#peers.send(to, entries, writes);
  }

  /** The person is looking at this contact (or at none): a link is kept ready. */
  attend(contact: AccountId | undefined): void {
    this.#peers.attend(contact);
  }

  /** A link to them is made when it can be, and kept, while anybody has a reason; each reason is told by its own name. */
  wantLink(account: AccountId, reason: string, wanted: boolean): void {
    this.#peers.wantLink(account, reason, wanted);
  }

  tellPresence(presence: VisiblePresence, to: AccountId | 'everybody', options: { readonly wantReply: boolean }): void {
    this.#peers.tellPresence(to, { presence, wantReply: options.wantReply });
  }

  /** Invisible: still reachable for contacts who try, but not announced to them. */
  setQuiet(quiet: boolean): void {
    this.#peers.setQuiet(quiet);
    this.#doors.setQuiet(quiet);
  }

  // ————— groups —————

  /**
   * Whom we link to for groups' sake: the whole list each time. Who is a contact as well stays one, and can be met either way.
   * Who is no more on it and no contact is left, and what was kept of the talk with them goes, unless something waits for them:
   * that leaves when they are a fellow or contact again.
   */
  setFellows(fellows: readonly Fellow[]): Promise<void> {
    return this.#peers.setFellows(fellows);
  }

  /** Frames of groups on the links there are. */
  get groupChannel(): GroupChannel {
    return this.#peers.groupChannel;
  }

  /** Words and chunks of files on the links there are. */
  get fileChannel(): FileChannel {
    return this.#peers.fileChannel;
  }

  /** Words about calls on the links there are. */
  get callChannel(): CallChannel {
    return this.#peers.callChannel;
  }

  /** Where we wait for people who come with an invitation to a group: the whole list each time. */
  openDoors(doors: readonly GroupDoor[]): void {
    this.#doors.setDoors(doors);
  }

  /** Who answers those who come to the doors. */
  onKnock(handler: KnockHandler): void {
    this.#doors.answerWith(handler);
  }

  /** Goes to the door of a group and asks who is there, until somebody answers. The caller closes what it is given. */
  knock(options: KnockOptions): Knocking {
    return this.#doors.knock(options);
  }

  // ————— introductions —————

  offer(invite: Invite): void {
    this.#introductions.offer(invite);
  }

  withdraw(inviteId: string): void {
    this.#introductions.withdraw(inviteId);
  }

  accept(contact: Contact): void {
    this.#introductions.accept(contact);
  }

  /** Ends everything with a contact. `writes` is what the other rooms keep of them; it goes in the same transaction. */
  async remove(id: AccountId, writes: readonly Write[]): Promise<void> {
    this.#introductions.cancel(id);
    await this.#peers.removed(id, writes);
  }

  async #introduced(contact: Contact): Promise<void> {
    await this.#peers.introduced(contact);
    this.#events.emit('contact-added', contact);
  }
}
