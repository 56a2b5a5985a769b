/**
 * A small world for scenarios: people with real accounts, real stores (over an IndexedDB in memory) and real sessions, on a
 * network in memory. `setup('alice', 'bob')` and let them talk.
 */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { openCalls, type OpenCalls } from '../../src/app/calls.ts';
import { findShown } from '../../src/app/groups.ts';
import { TalkAudience } from '../../src/app/audience.ts';
import type { CurrentCall } from '../../src/calls/call-view.ts';
import { Chat } from '../../src/chat/chat.ts';
import type { Conversation, Message } from '../../src/chat/ports.ts';
import { Contacts } from '../../src/contacts/contacts.ts';
import type { Contact } from '../../src/contacts/ports.ts';
import { Trust } from '../../src/contacts/trust.ts';
import { hash } from '../../src/crypto/hash.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { Files } from '../../src/files/files.ts';
import { Groups } from '../../src/groups/groups.ts';
import type { Group } from '../../src/groups/ports.ts';
import type { GroupPolicy } from '../../src/membership/policy.ts';
import { createAccount } from '../../src/identity/account.ts';
import type { BackupRow } from '../../src/identity/backup-record.ts';
import { createDevice, type Device } from '../../src/identity/device.ts';
import { concat, utf8, type Bytes } from '../../src/lib/bytes.ts';
import { Cell, type Observable } from '../../src/lib/observable.ts';
import { Presence } from '../../src/presence/presence.ts';
import type { SeenPresence } from '../../src/presence/ports.ts';
import type { Committer } from '../../src/lib/write.ts';
import { conversationOf, conversationWith, type AccountId, type FileId, type GroupId, type MessageId } from '../../src/protocol/ids.ts';
import type { ApproachFailure } from '../../src/session/approach.ts';
import type { Rendezvous } from '../../src/session/ports.ts';
import { createRatchetCipher } from '../../src/session/ratchet-cipher.ts';
import type { CallEntry } from '../../src/session/call-entry.ts';
import { Session } from '../../src/session/session.ts';
import { openAccountStores, type AccountStores } from '../../src/storage/account-stores.ts';
import { StoreRefused } from '../../src/storage/store-refused.ts';
import { createDocumentCarriage } from '../../src/transport/y-carriage.ts';
import type { Calls as CallVerbs } from '../../src/ui/calls/contract.ts';
import { FakeCallBrowser } from './fake-calls.ts';
import { createMemoryNetwork, type MemoryNetwork } from './memory-network.ts';
import { MemoryShelf } from './memory-shelf.ts';

const ADDRESS = 'https://parley.example/';

export interface World {
  readonly network: MemoryNetwork;
  readonly person: (name: string) => Person;
  /** Lets everything run that needs no time to pass. */
  readonly settle: () => Promise<void>;
  /** A person at another browser, with what a backup brought there; the browser they had before stays what it is. */
  restore(person: Person, rows: readonly BackupRow[], browser: string): Promise<Person>;
  /** Makes two people contacts, by an invite, and leaves them here. */
  readonly introduce: (inviter: Person, invitee: Person) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** People by the names given, their apps open, nobody anybody's contact yet. */
export async function setup<const Name extends string>(...names: readonly Name[]): Promise<World & Record<Name, Person>> {
  await sodiumReady();
  const network = createMemoryNetwork();
  const people = new Map(names.map((name) => [name, new Person(name, network)]));
  for (const person of people.values()) await person.open();
  const world: World = {
    network,
    person: (name) => {
      const person = people.get(name as Name);
      if (!person) throw new Error(`Nobody called ${name} is in this world`);
      return person;
    },
    settle: () => network.clock.settle(200),
    restore: async (person, rows, browser) => {
      const returned = new Person(browser, network, person.called);
      people.set(browser as Name, returned);
      await returned.fill(rows);
      await returned.open();
      return returned;
    },
    introduce: async (inviter, invitee) => {
      const link = await inviter.invite();
      await invitee.accept(link);
      await network.clock.until(() => inviter.hasContact(invitee) && invitee.hasContact(inviter), 'the two to be contacts');
      await network.clock.settle(200);
    },
    close: async () => {
      for (const person of people.values()) await person.close();
    },
  };
  return { ...world, ...(Object.fromEntries(people) as Record<Name, Person>) };
}

interface App {
  readonly stores: AccountStores;
  readonly rendezvous: Rendezvous;
  readonly session: Session;
  readonly chat: Chat;
  readonly contacts: Contacts;
  readonly presence: Presence;
  readonly trust: Trust;
  readonly groups: Groups;
  readonly files: Files;
  readonly calls: OpenCalls;
}

const OPEN_POLICY: GroupPolicy = { history: { kind: 'since-joining' }, invites: 'admins' };
const NOBODY_CALLED = { all: false, accounts: [] };

/** One person, whose app may be closed and opened again, or die in between. */
export class Person {
  /** Who they are in this world. */
  readonly name: string;
  /** What they call themselves, from the next opening on. */
  called: string;
  device: Device;
  readonly #network: MemoryNetwork;
  readonly #engine = { indexedDB: new IDBFactory(), IDBKeyRange };
  readonly #master: Bytes = randomBytes(32);
  /** The bytes of their files: they outlast the app. */
  readonly shelf = new MemoryShelf();
  readonly lastActive: Cell<number>;
  /** Their microphone and camera, and the media links made here. */
  readonly callBrowser: FakeCallBrowser;
  readonly failures: { readonly contact: string; readonly failure: ApproachFailure }[] = [];
  readonly refusals: unknown[] = [];
  readonly #undo: (() => void)[] = [];
  #app: App | undefined;
  #diskFull = false;
  #contacts: readonly Contact[] = [];
  #groups: readonly Group[] = [];
  #seen: ReadonlyMap<AccountId, SeenPresence> = new Map();

  /** `called`: whose account it is, and by what name; the same person may be at several browsers. */
  constructor(name: string, network: MemoryNetwork, called = name) {
    this.name = name;
    this.called = called;
    this.#network = network;
    this.device = createDevice(createAccount(hash(utf8(`entropy of ${called}`))), 'test', network.clock.now());
    this.lastActive = new Cell(network.clock.now());
    this.callBrowser = new FakeCallBrowser(name);
  }

  get id(): AccountId {
    return this.device.account;
  }

  get app(): App {
    if (!this.#app) throw new Error(`${this.name}'s app is closed`);
    return this.#app;
  }

  async open(): Promise<void> {
    const { clock } = this.#network;
    const opened = await this.#openStores();
    const stores = this.#withDisk(opened);
    const rendezvous = this.#network.rendezvous(this.name);
    const session = new Session({
      me: this.device,
      name: this.called,
      rendezvous,
      maker: this.#network.linkMaker(this.name),
      clock,
      stores,
      cipher: createRatchetCipher({ device: this.device, clock }),
    });
    const audience = new TalkAudience(this.id);
    const troubled = (reason: unknown): void => void this.refusals.push(reason);
    const files = new Files({
      me: this.id,
      store: stores.files,
      shelf: this.shelf,
      audience,
      channel: session.fileChannel,
      links: session,
      clock,
      troubled,
    });
    const chat = new Chat({
      me: this.id,
      store: stores.chat,
      files,
      contacts: stores.contacts,
      clock,
      send: (contact, outgoing) => session.send(contact, outgoing),
    });
    session.register('text', chat);
    session.register('file', chat);
    session.keepNotices(chat);
    const contacts = new Contacts({ me: { account: this.id, name: this.called }, store: stores.contacts, clock, address: ADDRESS });
    const presence = await Presence.load({ session, attention: { lastActive: this.lastActive }, settings: stores.presence, clock });
    session.on('invite-failed', ({ contact, failure }) => this.failures.push({ contact: contact.name, failure }));
    session.on('store-refused', (reason) => this.refusals.push(reason));
    this.#watch(stores.contacts.watchContacts(), (all) => (this.#contacts = all));
    this.#watch(presence.contacts, (seen) => (this.#seen = seen));
    const trust = new Trust({ me: this.id, store: stores.contacts, changed: (contact) => session.contactChanged(contact) });
    const groups = new Groups({
      me: this.device,
      name: this.called,
      store: stores.groups,
      timeline: chat,
      files,
      message: (conversation, id) => findShown(chat, this.id, conversation, id),
      forgetTalk: (conversation) => chat.forget(conversation),
      session,
      clock,
      carriage: createDocumentCarriage({ clock }),
      address: ADDRESS,
      troubled,
    });
    audience.follow(stores.contacts.watchContacts(), groups.watch(), troubled);
    this.#undo.push(() => audience.close());
    this.#watch(groups.watch(), (all) => (this.#groups = all));
    await groups.start();
    await files.start();
    const calls = await openCalls({
      me: { id: this.id, name: this.called },
      stores,
      rendezvous,
      session,
      chat,
      groups,
      presence,
      surroundings: this.callBrowser.surroundings(),
      visible: new Cell(true),
      clock,
      troubled,
    });
    this.#app = { stores, rendezvous, session, chat, contacts, presence, trust, groups, files, calls };
    await session.start({ quiet: presence.quiet });
  }

  /** All that a backup holds of what this person has. */
  async backUp(): Promise<readonly BackupRow[]> {
    const rows: BackupRow[] = [];
    await this.app.stores.backup.readRows(
      (row) => rows.push(row),
      () => undefined,
    );
    return rows;
  }

  /** Puts rows of a backup into a browser that was not opened yet. */
  async fill(rows: readonly BackupRow[]): Promise<void> {
    const stores = await this.#openStores();
    await stores.backup.writeRows(rows);
    await stores.close();
  }

  #openStores(): Promise<AccountStores> {
    const keyFor = (purpose: string) => (table: string) => hash(concat(this.#master, utf8(`${purpose}/${table}`)));
    return openAccountStores({ database: this.name, tableKey: keyFor('seal'), tagKey: keyFor('tag') }, { engine: this.#engine });
  }

  /** From now on nothing more can be saved, until it is freed. */
  fillDisk(): { free(): void } {
    this.#diskFull = true;
    return {
      free: () => {
        this.#diskFull = false;
      },
    };
  }

  /** As a person closes the app: it says good-bye. */
  async close(): Promise<void> {
    const app = this.#app;
    if (!app) return;
    this.#app = undefined;
    for (const undo of this.#undo.splice(0)) undo();
    await app.calls.close();
    app.presence.close();
    app.files.close();
    await app.groups.close();
    await app.session.close();
    app.rendezvous.close();
    await app.stores.close();
  }

  /** As after restoring a backup in a new browser: all that was stored but sessions, on a device of its own. */
  async restoreOnNewDevice(): Promise<void> {
    const { contacts, session } = this.app.stores;
    const peers = await contacts.contacts();
    await session.commit(peers.map(({ id }) => session.deletePeer(id)));
    await this.die();
    this.device = createDevice(createAccount(hash(utf8(`entropy of ${this.name}`))), 'restored', this.#network.clock.now());
    await this.open();
  }

  /** As a browser is killed: nothing more is written or sent, and nobody is told. */
  async die(): Promise<void> {
    const app = this.#app;
    if (!app) return;
    this.#app = undefined;
    for (const undo of this.#undo.splice(0)) undo();
    const closing = app.stores.close();
    this.#network.dropConnection(this.name);
    this.#network.cutLinks(this.name);
    await closing;
    await this.#network.clock.settle();
    await app.calls.close();
    app.presence.close();
    app.files.close();
    await app.groups.close();
    await app.session.close();
    app.rendezvous.close();
    // What the dying app met is nobody's trouble any more.
    this.refusals.length = 0;
  }

  async invite(): Promise<string> {
    const { invite, link } = await this.app.contacts.invite();
    this.app.session.offer(invite);
    return link;
  }

  async accept(link: string): Promise<void> {
    const examined = this.app.contacts.examine(link);
    if (!examined.ok) throw new Error(`The invite does not read: ${examined.failure.kind}`);
    this.app.session.accept(await this.app.contacts.accept(examined.value));
  }

  hasContact(other: Person): boolean {
    return this.#contacts.some(({ id, phase }) => id === other.id && phase === 'active');
  }

  contact(other: Person): Contact | undefined {
    return this.#contacts.find(({ id }) => id === other.id);
  }

  sees(other: Person): SeenPresence {
    return this.#seen.get(other.id) ?? 'offline';
  }

  async send(to: Person, text: string): Promise<void> {
    const sent = await this.app.chat.send(conversationWith(to.id), text);
    if (!sent.ok) throw new Error(`Not sent: ${sent.failure.kind}`);
  }

  messages(other: Person): Promise<readonly Message[]> {
    return first(this.app.chat.timeline(conversationWith(other.id), 10_000));
  }

  async texts(other: Person): Promise<readonly string[]> {
    return (await this.messages(other)).map(({ text }) => text);
  }

  async textsFrom(other: Person): Promise<readonly string[]> {
    return (await this.messages(other)).filter(({ direction }) => direction === 'in').map(({ text }) => text);
  }

  // ————— files —————

  /** Sends a file; the clock has to go on for it to arrive. */
  async sendFile(to: Person | GroupId, name: string, content: Bytes, text = ''): Promise<FileId> {
    const { files, chat, groups } = this.app;
    const blob = new Blob([content]);
    const options = { progress: () => undefined, signal: new AbortController().signal };
    const taken = await files.takeIn({ kind: 'blob', blob }, { name, mime: 'application/octet-stream', view: { kind: 'plain' } }, options);
    if (!taken.ok) throw new Error(`Not taken in: ${taken.failure.kind}`);
    const { manifest, attachment } = taken.value;
    const sent =
      typeof to === 'string'
        ? await groups.sendFile(to, text, NOBODY_CALLED, manifest)
        : await chat.sendFile(conversationWith(to.id), text, manifest);
    if (!sent.ok) throw new Error(`Not sent: ${sent.failure.kind}`);
    return attachment.file;
  }

  /** What is in a file; undefined while it is not all here. */
  async contentOf(file: FileId): Promise<Bytes | undefined> {
    const record = await this.app.stores.files.record(file);
    return record && this.app.files.bytes(file, 0, record.attachment.size);
  }

  /** All files this person knows, by name. */
  async fileNames(): Promise<readonly string[]> {
    return (await this.app.stores.files.all()).map(({ attachment }) => attachment.name).sort();
  }

  // ————— groups —————

  /** Makes a group and asks friends in. */
  async createGroup(name: string, friends: readonly Person[], policy: GroupPolicy = OPEN_POLICY): Promise<GroupId> {
    const created = await this.app.groups.create({ name, picture: undefined, members: friends.map(({ id }) => id), policy });
    if (!created.ok) throw new Error(`No group: ${created.failure.kind}`);
    return created.value;
  }

  /** Says yes to a friend's invitation. */
  async acceptGroup(group: GroupId): Promise<void> {
    const invited = (await first(this.app.groups.invitations)).find(({ invite }) => invite.group === group);
    if (!invited) throw new Error(`${this.name} is not invited`);
    const joined = await this.app.groups.join(invited.invite, '');
    if (!joined.ok) throw new Error(`Not joined: ${joined.failure.kind}`);
  }

  /** Says no to a friend's invitation. */
  async declineGroup(group: GroupId): Promise<void> {
    const invited = (await first(this.app.groups.invitations)).find(({ invite }) => invite.group === group);
    if (!invited) throw new Error(`${this.name} is not invited`);
    await this.app.groups.declineInvitation(invited.invite);
  }

  /** Makes a link to hand on. */
  async groupLink(group: GroupId, options: { mode: 'auto' | 'approval'; expires?: number; uses?: number }): Promise<string> {
    const made = await this.app.groups.makeInvite(group, { expires: undefined, uses: undefined, ...options });
    if (!made.ok) throw new Error(`No link: ${made.failure.kind}`);
    return made.value.link;
  }

  /** Comes with a link. */
  async joinGroup(link: string, greeting = ''): Promise<GroupId> {
    const read = this.app.groups.read(link);
    if (!read?.ok) throw new Error(`The link does not read: ${read?.failure.kind ?? 'no invitation'}`);
    const joined = await this.app.groups.join(read.value, greeting);
    if (!joined.ok) throw new Error(`Not joined: ${joined.failure.kind}`);
    return joined.value;
  }

  /** The group as this person sees it now. */
  group(id: GroupId): Group {
    const group = this.#groups.find((each) => each.id === id);
    if (!group) throw new Error(`${this.name} knows no such group`);
    return group;
  }

  knowsGroup(id: GroupId): boolean {
    return this.#groups.some((each) => each.id === id);
  }

  /** Who is in it, by name. */
  membersOf(id: GroupId): readonly string[] {
    return this.knowsGroup(id)
      ? this.group(id)
          .members.map(({ name }) => name)
          .sort()
      : [];
  }

  async say(group: GroupId, text: string): Promise<MessageId> {
    const said = await this.app.groups.send(group, text, NOBODY_CALLED);
    if (!said.ok) throw new Error(`Not said: ${said.failure.kind}`);
    return said.value;
  }

  groupMessages(group: GroupId): Promise<readonly Message[]> {
    return first(this.app.chat.timeline(conversationOf(group), 20_000));
  }

  /** What was said in the group, in the order it is shown. */
  async heard(group: GroupId): Promise<readonly string[]> {
    return (await this.groupMessages(group)).flatMap((message) => (message.direction === 'event' ? [] : [message.text]));
  }

  /** What was done in the group, in the order it is shown. */
  async told(group: GroupId): Promise<readonly string[]> {
    return (await this.groupMessages(group)).flatMap((message) => (message.direction === 'event' ? [message.event.kind] : []));
  }

  async conversation(other: Person): Promise<Conversation | undefined> {
    return (await first(this.app.chat.conversations())).find(({ id }) => id === conversationWith(other.id));
  }

  // ————— calls —————

  get calls(): CallVerbs {
    return this.app.calls.verbs;
  }

  /** How the call here stands. */
  get call(): CurrentCall | undefined {
    let now: CurrentCall | undefined;
    this.calls.current.subscribe((call) => (now = call)).unsubscribe();
    return now;
  }

  /** What the timeline with them says of calls. */
  async callsWith(other: Person): Promise<readonly CallEntry[]> {
    return (await this.messages(other)).flatMap(({ call }) => (call ? [call] : []));
  }

  /** The stores with a disk that a test can fill. */
  #withDisk(stores: AccountStores): AccountStores {
    const guard = <Store extends Committer>(store: Store): Store =>
      new Proxy(store, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function') return member;
          if (name === 'commit' && this.#diskFull) return () => Promise.reject(new StoreRefused('storage-full'));
          return (member as (...args: unknown[]) => unknown).bind(target);
        },
      });
    const { contacts, session, chat, groups, files, calls, presence, security, backup } = stores;
    return {
      contacts: guard(contacts),
      session: guard(session),
      chat: guard(chat),
      groups: guard(groups),
      files: guard(files),
      calls: guard(calls),
      presence,
      security,
      backup,
      commit: (writes) => stores.commit(writes),
      close: () => stores.close(),
      erase: () => stores.erase(),
    };
  }

  #watch<Value>(source: Observable<Value>, next: (value: Value) => void): void {
    const subscription = source.subscribe(next, () => undefined);
    this.#undo.push(() => subscription.unsubscribe());
  }
}

/** The first value an observable tells. */
function first<Value>(source: Observable<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const subscription = source.subscribe((value) => {
      resolve(value);
      queueMicrotask(() => subscription.unsubscribe());
    }, reject);
  });
}
