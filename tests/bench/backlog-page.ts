/**
 * One person inside the page, without screens: the app's own stores, session and links, put together as open-account.ts puts
 * them. Bundled and injected by backlog.ts as the global `backlog`.
 */
import { Dexie } from 'dexie';
import { Chat } from '../../src/chat/chat.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { createAccount } from '../../src/identity/account.ts';
import { createDevice } from '../../src/identity/device.ts';
import { fromBase64url, toBase64url } from '../../src/lib/bytes.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { accountIdOf, accountKeyOf, conversationWith, type AccountId } from '../../src/protocol/ids.ts';
import { SIGNALING_PATH } from '../../src/protocol/signaling.ts';
import { createRatchetCipher } from '../../src/session/ratchet-cipher.ts';
import { Session } from '../../src/session/session.ts';
import { openAccountStores, type AccountStores } from '../../src/storage/account-stores.ts';
import { createLinkMaker } from '../../src/transport/peer-link.ts';
import { createSignalingClient } from '../../src/transport/signaling-client.ts';
import { contactNamed } from '../support/contacts.ts';
import { noFiles } from '../support/no-files.ts';

const clock = systemClock;
/** How often to look whether all is delivered: seldom enough to cost nothing, often enough to be no error. */
const LOOK_MS = 10;

interface Somebody {
  readonly id: AccountId;
  readonly database: string;
  readonly stores: AccountStores;
  readonly session: Session;
  readonly chat: Chat;
  leave(): Promise<void>;
}

let me: Somebody | undefined;
let contact: AccountId | undefined;
let linking = 0;

function present(): { readonly me: Somebody; readonly contact: AccountId } {
  if (!me || !contact) throw new Error('Nobody is here yet.');
  return { me, contact };
}

/** Somebody new; says who, in base64url. */
async function arrive(name: string): Promise<string> {
  await sodiumReady();
  const device = createDevice(createAccount(randomBytes(32)), '', clock.now());
  const database = `backlog-${toBase64url(randomBytes(8))}`;
  const keys = new Map<string, ReturnType<typeof randomBytes>>();
  const keyFor = (purpose: string) => (table: string) => {
    const key = keys.get(`${purpose}/${table}`) ?? randomBytes(32);
    keys.set(`${purpose}/${table}`, key);
    return key.slice();
  };
  const stores = await openAccountStores({ database, tableKey: keyFor('seal'), tagKey: keyFor('tag') });
  const address = new URL(SIGNALING_PATH, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const rendezvous = createSignalingClient({
    url: address.href,
    clock,
    webSocket: (url) => new WebSocket(url),
    onWake: () => () => undefined,
  });
  const cipher = createRatchetCipher({ device, clock });
  const session = new Session({ me: device, name, rendezvous, maker: createLinkMaker({ clock }), clock, stores, cipher });
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
  const leave = async () => {
    await session.close();
    rendezvous.close();
    await stores.close();
  };
  me = { id: device.account, database, stores, session, chat, leave };
  return toBase64url(accountKeyOf(device.account));
}

/** The two know each other, as after an invite. */
async function know(other: string, pairSecret: string): Promise<void> {
  const [key, secret] = [fromBase64url(other), fromBase64url(pairSecret)];
  if (!me || !key || !secret) throw new Error('Nobody is here yet.');
  const known = contactNamed(accountIdOf(key), 'the other', { pairSecret: secret, since: clock.now() });
  contact = known.id;
  await me.stores.commit([me.stores.contacts.putContact(known)]);
}

/** Goes to meet the other; resolves once the session runs, with a link or without. */
async function start(): Promise<void> {
  const { session } = present().me;
  const began = performance.now();
  session.on('link-secured', () => (linking = performance.now() - began));
  await session.start({ quiet: false });
}

/** Milliseconds from the start to the first proven link. */
function linkTime(): number {
  return linking;
}

/** Writes messages of everyday length that wait for the other. */
async function write(count: number): Promise<void> {
  const here = present();
  for (let number = 0; number < count; number++) {
    await here.me.chat.send(conversationWith(here.contact), `message ${number} of the backlog, as long as people write`);
  }
}

/** Resolves once nothing waits any more: all is stored on the other side and acknowledged. */
async function allDelivered(): Promise<void> {
  const here = present();
  while ((await here.me.stores.session.outbox(here.contact, 0, 1)).length > 0) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function stored(): Promise<number> {
  return (await rowsOf(present().me.database)).length;
}

/** Milliseconds that a plain database takes for the same rows at once. */
async function plainly(): Promise<number> {
  const rows = await rowsOf(present().me.database);
  const plain = new Dexie(`plain-${toBase64url(randomBytes(8))}`, { cache: 'disabled' });
  plain.version(1).stores({ messages: 'id, [conversation+lamport]' });
  await plain.open();
  const began = performance.now();
  await plain.table('messages').bulkPut(rows);
  const took = performance.now() - began;
  await plain.delete();
  return took;
}

/** The messages as they lie on the disk. */
async function rowsOf(database: string): Promise<unknown[]> {
  const opened = await new Dexie(database).open();
  const rows: unknown[] = await opened.table('messages').toArray();
  opened.close();
  return rows;
}

/** Closes as a person does, and leaves nothing. */
async function leave(): Promise<void> {
  const { me: leaving } = present();
  await leaving.leave();
  await Dexie.delete(leaving.database);
  [me, contact] = [undefined, undefined];
}

const backlogPage = { arrive, know, start, linkTime, write, allDelivered, stored, plainly, leave };
export type BacklogPage = typeof backlogPage;

declare global {
  /** In pages of the backlog benchmark only. */
  var backlog: BacklogPage;
}
globalThis.backlog = backlogPage;
