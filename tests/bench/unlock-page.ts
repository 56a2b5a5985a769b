/**
 * Inside alice's page, beside the app: fills her account with the app's own stores, and watches her log in. Bundled and
 * injected by unlock.ts as the global `unlocking`.
 */
import { blankConversation, type Message } from '../../src/chat/ports.ts';
import type { Contact } from '../../src/contacts/ports.ts';
import { randomBytes } from '../../src/crypto/random.ts';
import type { Argon2idAnswer, Argon2idRequest } from '../../src/crypto/argon2id-worker.ts';
import { sodiumReady } from '../../src/crypto/sodium.ts';
import { Accounts } from '../../src/identity/accounts.ts';
import type { Passkeys } from '../../src/identity/ports.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { accountIdOf, conversationWith, messageIdOf, type AccountId } from '../../src/protocol/ids.ts';
import { openAccountStores } from '../../src/storage/account-stores.ts';
import { openRegistry } from '../../src/storage/registry-database.ts';
import { contactNamed } from '../support/contacts.ts';

const MESSAGES_PER_WRITE = 2000;
const TEXT = 'about as long as what people say to each other in one go, that is not very long';

const noPasskeys = { possible: false } as Passkeys;

/** Contacts who said as many messages as told, evenly. Comes in with the log-in that is kept. */
async function fill(names: readonly string[], messages: number): Promise<void> {
  await sodiumReady();
  const registry = await openRegistry();
  const hasher = { hash: () => Promise.reject(new Error('No password is asked here.')) };
  const accounts = new Accounts({ registry, sessionKeys: registry.sessionKeys, hasher, passkeys: noPasskeys, clock: systemClock });
  const [database = ''] = await accounts.kept();
  const vault = await accounts.resume(database);
  if (!vault) throw new Error('No log-in is kept.');
  const stores = await openAccountStores(vault);
  for (const name of names) {
    const contact = contactCalled(name);
    await stores.commit([stores.contacts.putContact(contact)]);
    for (let written = 0; written < messages / names.length; written += MESSAGES_PER_WRITE) {
      const added = Array.from({ length: MESSAGES_PER_WRITE }, (_, index) => messageFrom(contact.id, written + index + 1));
      const update = (conversation = blankConversation(conversationWith(contact.id))) => ({
        ...conversation,
        lamport: written + MESSAGES_PER_WRITE,
        last: { text: TEXT, wall: Date.now(), direction: 'in' as const },
        touched: Date.now(),
        readUpTo: written + MESSAGES_PER_WRITE,
      });
      await stores.commit([stores.chat.addMessages(conversationWith(contact.id), added, update)]);
    }
  }
  await stores.close();
  vault.close();
  registry.close();
}

function contactCalled(name: string): Contact {
  return contactNamed(accountIdOf(randomBytes(32)), name, { pairSecret: randomBytes(32), deviceListVersion: 1, since: Date.now() });
}

function messageFrom(author: AccountId, lamport: number): Message {
  const id = messageIdOf(randomBytes(16));
  return { id, conversation: conversationWith(author), lamport, wall: Date.now(), text: `${lamport}: ${TEXT}`, direction: 'in', author };
}

// ————— what the app asks its Argon2id worker, so that the very same can be asked without the app —————

let lastRequest: Argon2idRequest | undefined;
let workerAddress: string | URL = '';
/** When the app asked and was answered, on this page's clock. */
let [asked, answered] = [Number.NaN, Number.NaN];

globalThis.Worker = class extends Worker {
  constructor(address: string | URL, options?: WorkerOptions) {
    super(address, options);
    if (options?.name !== 'argon2id') return;
    workerAddress = address;
    this.addEventListener('message', () => (answered = performance.now()));
  }

  override postMessage(message: unknown): void {
    if (isRequest(message)) {
      lastRequest = structuredClone(message);
      asked = performance.now();
    }
    super.postMessage(message);
  }
};

function isRequest(message: unknown): message is Argon2idRequest {
  return typeof message === 'object' && message !== null && 'salt' in message && 'cost' in message;
}

/** How long the hash of the last log-in takes by itself, ms: asked of a worker that is up and has hashed before. */
async function argon2idAlone(times: number): Promise<{ readonly ms: readonly number[]; readonly mebibytes: number }> {
  const request = lastRequest;
  if (!request) throw new Error('Nobody has logged in yet.');
  const worker = new Worker(workerAddress, { type: 'module', name: 'alone' });
  const ask = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const started = performance.now();
      worker.onmessage = ({ data }: MessageEvent<Argon2idAnswer>) => {
        if (data.ok) resolve(performance.now() - started);
        else reject(new Error(data.detail));
      };
      worker.postMessage(request);
    });
  await ask();
  const ms: number[] = [];
  for (let time = 0; time < times; time++) ms.push(await ask());
  worker.terminate();
  return { ms, mebibytes: request.cost.memory / 1024 };
}

// ————— one log-in, from Enter to the frame in which the conversations are there —————

interface LogIn {
  /** Milliseconds, all of it; and of these before, while and after the app waited for its Argon2id worker. */
  readonly took: number;
  readonly before: number;
  readonly hashing: number;
  readonly after: number;
}

let loggedIn: Promise<LogIn> = Promise.reject(new Error('Nobody waits for a log-in.'));
loggedIn.catch(() => undefined);

function expectLogIn(shown: string): void {
  loggedIn = new Promise((resolve) => {
    let started = Number.NaN;
    const onKey = ({ key }: KeyboardEvent): void => {
      if (key !== 'Enter') return;
      started = performance.now();
      window.removeEventListener('keydown', onKey, { capture: true });
    };
    window.addEventListener('keydown', onKey, { capture: true });
    const observer = new MutationObserver(() => {
      if (!document.body.textContent.includes(shown)) return;
      observer.disconnect();
      requestAnimationFrame(() => {
        const ended = performance.now();
        resolve({ took: ended - started, before: asked - started, hashing: answered - asked, after: ended - answered });
      });
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

function logIn(): Promise<LogIn> {
  return loggedIn;
}

const unlocking = { fill, argon2idAlone, expectLogIn, logIn };

declare global {
  var unlocking: typeof import('./unlock-page.ts').unlocking;
}
globalThis.unlocking = unlocking;
export { unlocking };
