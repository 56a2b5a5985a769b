/**
 * One person inside the page, without screens: the app's own stores, session, links and groups, put together as open-account.ts
 * puts them. Bundled and injected by the group benchmarks as the global `member`.
 */
import { counted } from './counted-connections.ts';
import './stock-page.ts';
import { Dexie } from 'dexie';
import { Chat } from '../../src/chat/chat.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { Secret } from '../../src/crypto/secret.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { EpochKeeper } from '../../src/groups/epoch-keeper.ts';
import type { EpochSecret } from '../../src/groups/epoch.ts';
import { Groups } from '../../src/groups/groups.ts';
import { createKeyPackages } from '../../src/groups/key-package.ts';
import { readOperation } from '../../src/membership/operation.ts';
import type { Group } from '../../src/groups/ports.ts';
import { decodeDevice, type Device } from '../../src/identity/device.ts';
import { toBase64url, type Bytes } from '../../src/lib/bytes.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { conversationOf, conversationWith, type AccountId, type GroupId } from '../../src/protocol/ids.ts';
import { SIGNALING_PATH } from '../../src/protocol/signaling.ts';
import { createRatchetCipher } from '../../src/session/ratchet-cipher.ts';
import { Session } from '../../src/session/session.ts';
import { openAccountStores, type AccountStores } from '../../src/storage/account-stores.ts';
import { createLinkMaker } from '../../src/transport/peer-link.ts';
import { createSignalingClient } from '../../src/transport/signaling-client.ts';
import { createDocumentCarriage } from '../../src/transport/y-carriage.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { GroupSeed, Seat } from './group-seed.ts';
import { contactNamed } from '../support/contacts.ts';
import { noFiles } from '../support/no-files.ts';

const clock = systemClock;
/** How often to look whether something is so: seldom enough to cost nothing, often enough to be no error. */
const LOOK_MS = 5;
/** What has not happened by then never will. */
const PATIENCE_MS = 60_000;
/** Time for the last message to be everywhere. */
const AFTERWARDS_MS = 2_000;

interface Somebody {
  readonly database: string;
  readonly stores: AccountStores;
  readonly session: Session;
  readonly chat: Chat;
  readonly groups: Groups;
  leave(): Promise<void>;
}

interface Seen {
  began: number;
  /** When links were proven, in milliseconds since `began`. */
  readonly links: number[];
  list: readonly Group[];
  /** Milliseconds since 1970 at which a text was first seen in a talk that is watched. */
  readonly shown: Record<string, number>;
  readonly troubles: unknown[];
}

let me: Somebody | undefined;
let seen: Seen;

function present(): Somebody {
  if (!me) throw new Error('Nobody is here yet.');
  return me;
}

/** Somebody with what was stored when they were here last. */
async function arrive(seat: Seat): Promise<void> {
  await sodiumReady();
  seen = { began: 0, links: [], list: [], shown: {}, troubles: [] };
  const read = decodeDevice(seat.device);
  if (!read.ok) throw new Error('A device is stored as devices are.');
  const device = read.value;
  const database = `member-${toBase64url(randomBytes(8))}`;
  const keys = new Map<string, ReturnType<typeof randomBytes>>();
  const keyFor = (purpose: string) => (table: string) => {
    const key = keys.get(`${purpose}/${table}`) ?? randomBytes(32);
    keys.set(`${purpose}/${table}`, key);
    return key.slice();
  };
  const stores = await openAccountStores({ database, tableKey: keyFor('seal'), tagKey: keyFor('tag') });
  await stores.commit(seat.contacts.map(({ account, ...known }) => stores.contacts.putContact(contactNamed(account, 'the other', known))));
  const address = new URL(SIGNALING_PATH, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const rendezvous = createSignalingClient({
    url: address.href,
    clock,
    webSocket: (url) => new WebSocket(url),
    onWake: () => () => undefined,
  });
  const cipher = createRatchetCipher({ device, clock });
  const session = new Session({ me: device, name: seat.name, rendezvous, maker: createLinkMaker({ clock }), clock, stores, cipher });
  const chat = new Chat({
    me: device.account,
    store: stores.chat,
    files: noFiles,
    contacts: stores.contacts,
    clock,
    send: (to, outgoing) => session.send(to, outgoing),
  });
  session.register('text', chat);
  session.keepNotices(chat);
  const groups = new Groups({
    me: device,
    name: seat.name,
    store: stores.groups,
    timeline: chat,
    files: noFiles,
    message: () => Promise.resolve(undefined),
    forgetTalk: (conversation) => chat.forget(conversation),
    session,
    clock,
    carriage: createDocumentCarriage({ clock }),
    address: location.href,
    troubled: (reason) => seen.troubles.push(reason),
  });
  for (const seed of seat.groups) await store(seed, { seat, device, stores, chat });
  groups.watch().subscribe((list) => (seen.list = list));
  session.on('link-secured', () => seen.links.push(performance.now() - seen.began));
  const leave = async () => {
    await groups.close();
    await session.close();
    rendezvous.close();
    await stores.close();
  };
  me = { database, stores, session, chat, groups, leave };
}

/** As the group's own room would have left it. */
async function store(seed: GroupSeed, parts: { seat: Seat; device: Device; stores: AccountStores; chat: Chat }): Promise<void> {
  const { group, record, operations, log, epoch } = seed;
  const { groups } = parts.stores;
  const epochs = await EpochKeeper.load({
    group,
    conversation: conversationOf(group),
    me: parts.device,
    device: toBase64url(parts.device.signing.publicKey),
    name: parts.seat.name,
    store: groups,
    timeline: parts.chat,
    files: noFiles,
    clock,
  });
  const secret: EpochSecret | undefined = epoch && new Secret('epoch', epoch.secret);
  await groups.commit([
    groups.putGroup(group, record),
    groups.addOperations(operations.map((operation) => ({ group, ...operation }))),
    groups.addLog(log.map((message) => ({ group, ...message }))),
    // The key that tests/groups/authors.ts gives them.
    epochs.adopt(createKeyPackages(clock.now(), seededRandom(parts.seat.name.length))),
    ...(epoch && secret ? epochs.keepSecret(epoch.id, secret, { granted: false }) : []),
    ...(epoch?.boxes ?? []).map(({ name, body }) => groups.putParcel(group, 'boxes', name, body)),
  ]);
}

/** Goes online; resolves once the session runs, with links or without. */
async function start(): Promise<void> {
  seen.began = performance.now();
  await present().groups.start();
  await present().session.start({ quiet: false });
}

// ————— what can be seen from here —————

/** In milliseconds since this person went online. */
function links(): readonly number[] {
  return seen.links;
}

function connections() {
  return { ...counted };
}

function troubles(): readonly string[] {
  return seen.troubles.map(String);
}

/** Resolves once so many members of each group are linked to. */
async function untilLinked(members: number): Promise<void> {
  await until(() => seen.list.length > 0 && seen.list.every(({ linked }) => linked >= members));
}

/** Resolves once the group has let me in and so many operations are stored; in milliseconds since this person went online. */
async function untilIn(group: GroupId, operations: number): Promise<number> {
  await until(() => seen.list.some(({ id, phase }) => id === group && phase === 'active'));
  await until(async () => (await present().stores.groups.operations(group)).length >= operations);
  return performance.now() - seen.began;
}

/** Milliseconds that verifying these operations takes, and nothing else. */
function verifying(envelopes: readonly Bytes[]): number {
  const began = performance.now();
  for (const envelope of envelopes) if (!readOperation(envelope).ok) throw new Error('It does not read.');
  return performance.now() - began;
}

// ————— talking —————

/** From here on it is noted when each text is first shown: in the group, and in the talk with this account. */
function watchTalks(group: GroupId, account: AccountId): void {
  for (const talk of [conversationOf(group), conversationWith(account)]) {
    present()
      .chat.timeline(talk, 1)
      .subscribe((messages) => {
        for (const { text } of messages) seen.shown[text] ??= now();
      });
  }
}

/** When each text was first shown, in milliseconds since 1970. */
function shown(): Readonly<Record<string, number>> {
  return seen.shown;
}

/** What was said, when that was begun, and when it was saved and had left; in milliseconds since 1970. */
export interface Said {
  readonly text: string;
  readonly begun: number;
  readonly left: number;
}

/** Says something in a group and to a contact, in turns. */
async function converse(group: GroupId, contact: AccountId, rounds: number, pace: number) {
  const { groups, chat } = present();
  const said: { readonly group: Said[]; readonly contact: Said[] } = { group: [], contact: [] };
  for (let round = 0; round < rounds; round++) {
    said.group.push(await timed(`to all, number ${round}: shall we meet at the lake?`, (text) => groups.send(group, text, NOBODY)));
    await new Promise((resolve) => setTimeout(resolve, pace));
    said.contact.push(
      await timed(`to you, number ${round}: shall we meet at the lake?`, (text) => chat.send(conversationWith(contact), text)),
    );
    await new Promise((resolve) => setTimeout(resolve, pace));
  }
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
  return said;
}

const NOBODY = { all: false, accounts: [] };

async function timed(text: string, send: (text: string) => Promise<{ readonly ok: boolean }>): Promise<Said> {
  const begun = now();
  const sent = await send(text);
  if (!sent.ok) throw new Error('It was not said.');
  return { text, begun, left: now() };
}

// ————— catching up —————

/** Resolves once so many messages can be read; in milliseconds since this person went online. */
async function untilRead(count: number): Promise<number> {
  const opened = await new Dexie(present().database).open();
  await until(async () => (await opened.table('messages').count()) >= count);
  const took = performance.now() - seen.began;
  opened.close();
  return took;
}

/** Milliseconds that a plain database takes for the very rows that are now in this person's: what is shown, and the logs. */
async function plainly(): Promise<number> {
  const opened = await new Dexie(present().database).open();
  const rows = await Promise.all(['messages', 'groupLog'].map((name) => opened.table(name).toArray() as Promise<unknown[]>));
  opened.close();
  const plain = new Dexie(`plain-${toBase64url(randomBytes(8))}`, { cache: 'disabled' });
  plain.version(1).stores({ messages: 'id, [conversation+lamport]', groupLog: 'id, group, [author+last]' });
  await plain.open();
  const began = performance.now();
  await plain.transaction('rw', ['messages', 'groupLog'], () =>
    Promise.all([plain.table('messages').bulkPut(rows[0] ?? []), plain.table('groupLog').bulkPut(rows[1] ?? [])]),
  );
  const took = performance.now() - began;
  await plain.delete();
  return took;
}

/** Closes as a person does, and leaves nothing. */
async function leave(): Promise<void> {
  const leaving = present();
  await leaving.leave();
  await Dexie.delete(leaving.database);
  me = undefined;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`It never came true: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const memberPage = {
  arrive,
  start,
  links,
  connections,
  troubles,
  untilLinked,
  untilIn,
  verifying,
  watchTalks,
  shown,
  converse,
  untilRead,
  plainly,
  leave,
};
export type MemberPage = typeof memberPage;

declare global {
  /** In pages of the group benchmarks only. */
  var member: MemberPage;
}
globalThis.member = memberPage;
