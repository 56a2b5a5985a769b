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
import { Cell, type Observable } from '../lib/observable.ts';
import type { Write } from '../lib/write.ts';
import type { Content } from '../protocol/content.ts';
import type { AccountId } from '../protocol/ids.ts';
import { INSTANCE_BYTES, type VisiblePresence } from '../protocol/signal.ts';
import type { ApproachFailure } from './approach.ts';
import { ContactSession, type LinkState } from './contact-session.ts';
import { outboxContent } from './delivery.ts';
import type { EnvelopeCipher } from './envelope-cipher.ts';
import type { IntroductionContext } from './introduction-context.ts';
import type { Fellow, GroupChannel } from './fellow.ts';
import { Introductions } from './introductions.ts';
import type { GroupDoor, Knocking, KnockHandler, KnockOptions } from './knocking.ts';
import { SignalBox } from './meeting.ts';
import type { LinkMaker, Rendezvous, SessionStore } from './ports.ts';
import { Notices, type NoticeKeeper } from './notices.ts';
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
  /** A contact came to the meeting place: they do not know our presence yet. */
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
  /** A content arrived that this version cannot read. */
  'content-unreadable': AccountId;
  /** The store refused; nothing is lost, but it cannot go on until there is room. */
  'store-refused': unknown;
};

/** The reason for a link to whom the person looks at. */
const ATTENDED = 'attended';

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
  readonly #router = new Router();
  readonly #notices = new Notices();
  readonly #events = new Emitter<SessionEvents>();
  readonly #box = new SignalBox(randomBytes(INSTANCE_BYTES));
  readonly #contacts = new Map<AccountId, ContactSession>();
  readonly #linkReasons = new Map<AccountId, Set<string>>();
  #fellows: readonly Fellow[] = [];
  #doors: readonly GroupDoor[] = [];
  #knockHandler: KnockHandler | undefined;
  readonly #here = new Cell<ReadonlySet<AccountId>>(new Set());
  readonly #links = new Cell<ReadonlyMap<AccountId, LinkState>>(new Map());
  readonly #watchState: () => void;
  #attended: AccountId | undefined;
  #quiet = false;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { me, name, rendezvous, maker, clock, stores } = options;
    const context: IntroductionContext = {
      me,
      name,
      store: stores.contacts,
      rendezvous,
      maker,
      clock,
      box: this.#box,
      notices: this.#notices.write,
    };
    this.#introductions = new Introductions(context, {
      introduced: (contact) => void this.#introduced(contact),
      failed: (contact, failure) => this.#events.emit('invite-failed', { contact, failure }),
      stalled: (reason) => this.#events.emit('store-refused', reason),
    });
    const watching = rendezvous.state.subscribe(({ phase }) => {
      if (phase === 'online') for (const contact of this.#contacts.values()) contact.reach();
    });
    this.#watchState = () => watching.unsubscribe();
  }

  /** Takes up every talk and introduction where it was left. Rooms register before this. */
  async start(options: { readonly quiet: boolean }): Promise<void> {
    this.#quiet = options.quiet;
    for (const contact of await this.#options.stores.contacts.contacts()) if (contact.phase === 'active') await this.#open(contact);
    await this.#introductions.resume();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watchState();
    this.#introductions.close();
    await Promise.all([...this.#contacts.values()].map((contact) => contact.close()));
    this.#contacts.clear();
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
    this.#contacts.get(contact.id)?.contactChanged(contact);
  }

  /** Contacts who are at the meeting place now, and not invisible. */
  get here(): Observable<ReadonlySet<AccountId>> {
    return this.#here;
  }

  /** Contacts we are linked to, or about to be. */
  get links(): Observable<ReadonlyMap<AccountId, LinkState>> {
    return this.#links;
  }

  /** Stores contents for a contact, with what the room stores for them, in one transaction. They leave when they can. */
  async send(contact: AccountId, outgoing: readonly Outgoing[]): Promise<void> {
    const { session } = this.#options.stores;
    const writes = outgoing.flatMap((each) => each.writes);
    const entries = outgoing.map(({ reference, content }) => ({ contact, reference, type: content.type, content: outboxContent(content) }));
    const open = this.#contacts.get(contact);
    if (open) await open.send(entries, writes);
    else await session.commit([...writes, ...entries.map((entry) => session.enqueue(entry))]);
  }

  /** The person is looking at this contact (or at none): a link is kept ready. */
  attend(contact: AccountId | undefined): void {
    const before = this.#attended;
    this.#attended = contact;
    for (const id of [before, contact]) if (id) this.wantLink(id, ATTENDED, id === contact);
  }

  /** A link to them is kept while anybody has a reason; each reason is told by its own name. */
  wantLink(account: AccountId, reason: string, wanted: boolean): void {
    const reasons = this.#linkReasons.get(account) ?? new Set();
    if (wanted) reasons.add(reason);
    else reasons.delete(reason);
    if (reasons.size > 0) this.#linkReasons.set(account, reasons);
    else this.#linkReasons.delete(account);
    this.#contacts.get(account)?.decide();
  }

  // ————— groups —————

  /**
   * Whom we link to for groups' sake: the whole list each time. Contacts on it stay contacts; who is no more on it is left, and
   * what was kept of the talk with them goes, unless something waits to be delivered.
   */
  setFellows(fellows: readonly Fellow[]): Promise<void> {
    this.#fellows = fellows;
    return Promise.resolve();
  }

  readonly groupChannel: GroupChannel = {
    send: (to, body) => this.#contacts.get(to)?.sendGroupFrame(body) ?? false,
    waiting: (to) => this.#contacts.get(to)?.waiting ?? 0,
    close: (to) => this.#contacts.get(to)?.hangUp(),
  };

  /** Where we wait for people who come with an invitation to a group: the whole list each time. */
  openDoors(doors: readonly GroupDoor[]): void {
    this.#doors = doors;
  }

  /** Who answers those who come to the doors. */
  onKnock(handler: KnockHandler): void {
    this.#knockHandler = handler;
  }

  /** Goes to the door of a group. */
  knock(options: KnockOptions): Knocking {
    return { askAnother: () => undefined, close: () => undefined };
  }

  tellPresence(presence: VisiblePresence, to: AccountId | 'everybody', options: { readonly wantReply: boolean }): void {
    const contacts = to === 'everybody' ? this.#contacts.values() : [this.#contacts.get(to)];
    for (const contact of contacts) contact?.tellPresence(presence, options.wantReply);
  }

  /** Invisible: still reachable for contacts who try, but not announced to them. */
  setQuiet(quiet: boolean): void {
    this.#quiet = quiet;
    for (const contact of this.#contacts.values()) contact.setQuiet(quiet);
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
    const { contacts, session } = this.#options.stores;
    this.#introductions.cancel(id);
    const contact = this.#contacts.get(id);
    this.#contacts.delete(id);
    await contact?.close();
    await contacts.commit([contacts.deleteContact(id), session.deletePeer(id), ...writes]);
    this.#refresh();
  }

  async #introduced(contact: Contact): Promise<void> {
    await this.#contacts.get(contact.id)?.close();
    await this.#open(contact);
    this.#events.emit('contact-added', contact);
  }

  // ————— contacts —————

  async #open(contact: Contact): Promise<void> {
    const { me, rendezvous, maker, clock, stores, cipher } = this.#options;
    const { id, pairSecret } = contact;
    if (!pairSecret || this.#closed) return;
    const opened = await ContactSession.open({
      me,
      contact: { ...contact, pairSecret },
      rendezvous,
      maker,
      clock,
      stores,
      cipher,
      router: this.#router,
      box: this.#box,
      notices: this.#notices.write,
      quiet: this.#quiet,
      wanted: () => this.#linkReasons.has(id),
      events: {
        changed: () => this.#refresh(),
        arrived: () => this.#events.emit('contact-arrived', id),
        presenceTold: (presence, wantsReply) => this.#events.emit('presence-told', { contact: id, presence, wantsReply }),
        secured: (device) => {
          this.#introductions.settle(id);
          this.#events.emit('link-secured', { account: id, device });
        },
        lost: () => this.#events.emit('link-lost', id),
        drained: () => this.#events.emit('link-drained', id),
        groupFrame: (device, body) => this.#events.emit('group-frame', { from: id, device, body }),
        unreadable: () => this.#events.emit('content-unreadable', id),
        stalled: (reason) => this.#events.emit('store-refused', reason),
      },
    });
    await this.#keep(id, opened);
  }

  async #keep(id: AccountId, opened: ContactSession): Promise<void> {
    if (this.#closed) {
      await opened.close();
      return;
    }
    this.#contacts.set(id, opened);
    opened.start();
    this.#refresh();
  }

  #refresh(): void {
    const contacts = [...this.#contacts];
    this.#here.set(new Set(contacts.filter(([, { here }]) => here).map(([id]) => id)));
    this.#links.set(new Map(contacts.flatMap(([id, { linkState }]) => (linkState ? [[id, linkState]] : []))));
  }
}
