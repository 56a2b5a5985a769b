/** Everybody we have a way to, contacts and fellows, each with a session of their own; and who changes from one to the other. */
import type { Contact } from '../contacts/ports.ts';
import type { VerifiedDevice } from '../identity/device.ts';
import type { Bytes } from '../lib/bytes.ts';
import { Cell } from '../lib/observable.ts';
import { Serial } from '../lib/serial.ts';
import type { Write } from '../lib/write.ts';
import type { Content } from '../protocol/content.ts';
import type { AccountId } from '../protocol/ids.ts';
import type { VisiblePresence } from '../protocol/signal.ts';
import type { CallChannel } from './call-channel.ts';
import { FellowTies, type Fellow, type GroupChannel } from './fellow.ts';
import type { FileChannel } from './file-channel.ts';
import { SignalBox, type AppRun } from './meeting.ts';
import { PeerSession, type LinkState, type MetContact, type Party, type PeerContext } from './peer-session.ts';
import type { NewOutboxEntry, OutboxEntry } from './ports.ts';
import { PresenceRounds, type PresenceWord } from './presence-rounds.ts';
import { isForFellows, type Standing } from './router.ts';

/** The reason for a link to whom the person looks at. */
const ATTENDED = 'attended';
/** Entries of an outbox read at once. */
const PAGE = 256;

export interface PeersEvents {
  arrived(account: AccountId): void;
  presenceTold(account: AccountId, presence: VisiblePresence, wantsReply: boolean): void;
  secured(account: AccountId, device: VerifiedDevice, standing: Standing): void;
  lost(account: AccountId): void;
  drained(account: AccountId): void;
  groupFrame(account: AccountId, device: VerifiedDevice, body: Bytes): void;
  fileWord(account: AccountId, device: VerifiedDevice, body: Bytes): void;
  fileChunk(account: AccountId, body: Bytes): void;
  bulkDrained(account: AccountId): void;
  callWord(account: AccountId, device: VerifiedDevice, body: Bytes): void;
  unreadable(account: AccountId): void;
  refused(account: AccountId, type: Content['type']): void;
  stalled(reason: unknown): void;
}

export interface PeersOptions extends PeerContext {
  readonly run: AppRun;
  readonly events: PeersEvents;
}

export class Peers {
  readonly here = new Cell<ReadonlySet<AccountId>>(new Set());
  readonly links = new Cell<ReadonlyMap<AccountId, LinkState>>(new Map());
  readonly #options: PeersOptions;
  readonly #sessions = new Map<AccountId, PeerSession>();
  readonly #contacts = new Map<AccountId, MetContact>();
  readonly #ties: FellowTies;
  readonly #boxes = new Map<AccountId, SignalBox>();
  readonly #reasons = new Map<AccountId, Set<string>>();
  readonly #presence: PresenceRounds;
  /** Who is opened and closed when: one change after another. */
  readonly #changes = new Serial();
  #attended: AccountId | undefined;
  #quiet = false;
  #started = false;
  #closed = false;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#ties = new FellowTies(options.me);
    this.#presence = new PresenceRounds(options.clock, (to, word) => this.#sessions.get(to)?.tellPresence(word.presence, word.wantReply));
  }

  /** Takes up the talk with every contact where it was left. */
  start(contacts: readonly Contact[], options: { readonly quiet: boolean }): Promise<void> {
    this.#quiet = options.quiet;
    return this.#changes.run(async () => {
      this.#started = true;
      for (const contact of contacts) this.#know(contact);
      await this.#open([...new Set([...this.#contacts.keys(), ...this.#ties.accounts])]);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#presence.close();
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
    this.#sessions.clear();
    // What is being opened or closed just now still uses the store.
    await this.#changes.run(() => Promise.resolve());
  }

  /** Tries to reach everybody a link is wanted to: the meeting place is there again. */
  reach(): void {
    for (const session of this.#sessions.values()) session.reach();
  }

  /** Stores contents for somebody, with `writes`, in one transaction. They leave when they can. */
  async send(to: AccountId, entries: readonly NewOutboxEntry[], writes: readonly Write[]): Promise<void> {
    const { session: store } = this.#options.stores;
    const open = this.#sessions.get(to);
    // A session that is being opened just now looks into the outbox after this.
    if (open) await open.send(entries, writes);
    else await store.commit([...writes, ...entries.map((entry) => store.enqueue(entry))]);
  }

  // ————— contacts —————

  /** Somebody has become a contact, or is one anew: the talk begins by what they share now. */
  introduced(contact: Contact): Promise<void> {
    return this.#changes.run(async () => {
      this.#know(contact);
      if (!this.#closed) await this.#reopen(contact.id);
    });
  }

  /** What the person decided about a contact has changed in the store. */
  contactChanged(contact: Contact): void {
    if (this.#contacts.has(contact.id)) this.#know(contact);
    this.#sessions.get(contact.id)?.contactChanged(contact);
  }

  /** The highest version seen of an account's device list; 0 for a stranger. */
  listVersionOf(account: AccountId): number {
    return Math.max(this.#contacts.get(account)?.deviceListVersion ?? 0, this.#ties.get(account)?.device.listVersion ?? 0);
  }

  /** Ends everything with a contact, and stores `writes` with it. What waits for them for a group's sake stays, if they are a fellow. */
  removed(id: AccountId, writes: readonly Write[]): Promise<void> {
    return this.#changes.run(async () => {
      const { contacts, session: store } = this.#options.stores;
      const contact = this.#contacts.get(id);
      this.#contacts.delete(id);
      await this.#shut(id);
      try {
        const kept = this.#ties.get(id) ? await this.#waitingForFellow(id) : [];
        await contacts.commit([contacts.deleteContact(id), store.deletePeer(id), ...kept.map((entry) => store.enqueue(entry)), ...writes]);
      } catch (reason) {
        // The store refused, so they are what they were.
        if (contact) this.#contacts.set(id, contact);
        throw reason;
      } finally {
        await this.#open([id]);
      }
    });
  }

  #know(contact: Contact): void {
    const { id, phase, pairSecret } = contact;
    if (phase === 'active' && pairSecret) this.#contacts.set(id, { ...contact, pairSecret });
  }

  async #waitingForFellow(id: AccountId): Promise<readonly NewOutboxEntry[]> {
    const { session: store } = this.#options.stores;
    const kept: OutboxEntry[] = [];
    for (let page = await store.outbox(id, 0, PAGE); page.length > 0; page = await store.outbox(id, page.at(-1)?.position ?? 0, PAGE)) {
      kept.push(...page.filter(({ type }) => isForFellows(type)));
    }
    return kept.map(({ contact, reference, type, content }) => ({ contact, reference, type, content }));
  }

  // ————— fellows —————

  /** The whole list of those we link to for groups' sake, contacts among them or not. Before the start it is only remembered. */
  setFellows(fellows: readonly Fellow[]): Promise<void> {
    return this.#changes.run(async () => {
      if (this.#closed) return;
      const before = this.#ties.accounts;
      this.#ties.replace(fellows);
      if (!this.#started) return;
      for (const id of new Set([...before, ...this.#ties.accounts])) this.#sessions.get(id)?.fellowChanged(this.#partyOf(id));
      await this.#open(this.#ties.accounts);
      await this.#dismiss(before.filter((id) => !this.#ties.get(id) && !this.#contacts.has(id)));
    });
  }

  /** They are nothing to us any more. What is kept of the talk goes with them, but not while something waits. */
  async #dismiss(accounts: readonly AccountId[]): Promise<void> {
    if (accounts.length === 0) return;
    const { session: store } = this.#options.stores;
    await Promise.all(accounts.map((id) => this.#shut(id)));
    this.#refresh();
    const waiting = new Set(await store.contactsWithOutbox());
    await store.commit(accounts.filter((id) => !waiting.has(id)).map((id) => store.deletePeer(id)));
  }

  // ————— links —————

  attend(account: AccountId | undefined): void {
    const before = this.#attended;
    this.#attended = account;
    if (before) this.wantLink(before, ATTENDED, false);
    if (account) this.wantLink(account, ATTENDED, true);
  }

  wantLink(account: AccountId, reason: string, wanted: boolean): void {
    const reasons = this.#reasons.get(account) ?? new Set();
    if (wanted) reasons.add(reason);
    else reasons.delete(reason);
    if (reasons.size > 0) this.#reasons.set(account, reasons);
    else this.#reasons.delete(account);
    this.#sessions.get(account)?.decide();
  }

  readonly groupChannel: GroupChannel = {
    send: (to, body) => this.#sessions.get(to)?.sendGroupFrame(body) ?? false,
    waiting: (to) => this.#sessions.get(to)?.waiting ?? 0,
    close: (to) => this.#sessions.get(to)?.hangUp(),
  };

  readonly fileChannel: FileChannel = {
    tell: (to, word) => this.#sessions.get(to)?.sendFileWord(word) ?? false,
    send: (to, chunk) => this.#sessions.get(to)?.sendChunk(chunk) ?? false,
    room: (to) => this.#sessions.get(to)?.bulkRoom ?? 0,
    close: (to) => this.#sessions.get(to)?.hangUp(),
  };

  readonly callChannel: CallChannel = {
    tell: (to, word) => this.#sessions.get(to)?.sendCallWord(word) ?? false,
    close: (to) => this.#sessions.get(to)?.hangUp(),
  };

  // ————— presence —————

  tellPresence(to: AccountId | 'everybody', word: PresenceWord): void {
    if (to !== 'everybody') this.#presence.add(to, word);
    else for (const [account, session] of this.#sessions) if (session.isToldPresence) this.#presence.add(account, word);
  }

  setQuiet(quiet: boolean): void {
    this.#quiet = quiet;
    if (quiet) this.#presence.forget();
    for (const session of this.#sessions.values()) session.setQuiet(quiet);
  }

  // ————— sessions —————

  async #reopen(id: AccountId): Promise<void> {
    await this.#shut(id);
    await this.#open([id]);
  }

  async #shut(id: AccountId): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    await session?.close();
  }

  /** Opens those who are something to us and not open yet. They are read at the same time and come to the meeting place together. */
  async #open(accounts: readonly AccountId[]): Promise<void> {
    const parties = accounts.filter((id) => !this.#sessions.has(id)).map((id) => this.#partyOf(id));
    const known = parties.filter(({ contact, fellow }) => contact ?? fellow);
    const opened = await Promise.all(known.map(async (party) => [party.id, await this.#openSession(party)] as const));
    if (this.#closed) {
      await Promise.all(opened.map(([, session]) => session.close()));
      return;
    }
    for (const [id, session] of opened) {
      this.#sessions.set(id, session);
      session.start();
    }
    this.#refresh();
  }

  #partyOf(id: AccountId): Party {
    return { id, contact: this.#contacts.get(id), fellow: this.#ties.get(id) };
  }

  #openSession(party: Party): Promise<PeerSession> {
    const { events, run, ...context } = this.#options;
    const { id } = party;
    const box = this.#boxes.get(id) ?? new SignalBox(run);
    this.#boxes.set(id, box);
    return PeerSession.open({
      ...context,
      party,
      box,
      quiet: this.#quiet,
      wanted: () => this.#reasons.has(id),
      events: {
        changed: () => this.#refresh(),
        arrived: () => events.arrived(id),
        presenceTold: (presence, wantsReply) => events.presenceTold(id, presence, wantsReply),
        secured: (device, standing) => events.secured(id, device, standing),
        lost: () => events.lost(id),
        drained: () => events.drained(id),
        groupFrame: (device, body) => events.groupFrame(id, device, body),
        fileWord: (device, body) => events.fileWord(id, device, body),
        fileChunk: (body) => events.fileChunk(id, body),
        bulkDrained: () => events.bulkDrained(id),
        callWord: (device, body) => events.callWord(id, device, body),
        unreadable: () => events.unreadable(id),
        refused: (type) => events.refused(id, type),
        stalled: (reason) => events.stalled(reason),
      },
    });
  }

  #refresh(): void {
    const sessions = [...this.#sessions];
    this.here.set(new Set(sessions.filter(([, { here }]) => here).map(([id]) => id)));
    this.links.set(new Map(sessions.flatMap(([id, { linkState }]) => (linkState ? [[id, linkState]] : []))));
  }
}
